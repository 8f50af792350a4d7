using IResNet.Experiments.Data;
using TorchSharp;

namespace IResNet.Experiments.Training;

/// <summary>What a training gave. The final weights are in the flow, which is frozen for evaluation and sampling; <c>train()</c> unfreezes it.</summary>
/// <param name="Flow">The model.</param>
/// <param name="Outcome">Whether it ran to its end.</param>
/// <param name="Steps">Steps made.</param>
/// <param name="Seconds">Training time, evaluations not counted.</param>
/// <param name="Losses">The loss of each step, in bits/dim with the training estimator.</param>
/// <param name="Evaluations">Held-out figures along the way, by the number of steps before them.</param>
/// <param name="Test">The final figure on held-out images; null when the training was cancelled.</param>
public sealed record DensityTrainingResult(
    Flow Flow, TrainingOutcome Outcome, long Steps, double Seconds, IReadOnlyList<double> Losses, IReadOnlyList<(long Step, DensityEvaluation Result)> Evaluations,
    DensityEvaluation? Test);

/// <summary>
/// Trains a density model in this process and keeps nothing on disk; for runs that must survive, see <c>iresnet train</c>.
/// <code>
/// var mnist = await DataSets.Mnist();
/// var flow = new MultiscaleFlow(new FlowConfig { Input = mnist.Shape });
/// var run = await DensityTraining.Run(flow, mnist, new DensityTrainingOptions { Batch = 64, LearningRate = 0.006, Seconds = 120 }, new ConsoleSink());
/// run.Test                                  // 3.9 ± 0.02 bits/dim (1,000 images; 1x28x28, d = 784; ...)
/// </code>
/// </summary>
public static class DensityTraining
{
    /// <summary>Trains on a data set's training images and evaluates on its test images.</summary>
    /// <param name="flow">The model, trained in place.</param>
    /// <param name="data">The images.</param>
    /// <param name="options">How long, how fast; <see cref="TrainingOptions.Steps"/> or <see cref="TrainingOptions.Seconds"/> must be given.</param>
    /// <param name="sink">Told about every step, on the training's thread; nobody by default.</param>
    /// <param name="cancel">Ends the training after the step in hand; the result then has no <see cref="DensityTrainingResult.Test"/>.</param>
    /// <param name="preprocessing">By default dequantisation alone: 1x28x28 for MNIST.</param>
    /// <exception cref="ArgumentException">The options are impossible, or the data do not fit the model.</exception>
    /// <exception cref="ShapeException">The images do not fit the model.</exception>
    /// <exception cref="TrainingDivergedException">Loss or gradient is not finite, or the loss exploded.</exception>
    public static Task<DensityTrainingResult> Run(
        Flow flow, ImageDataSet data, DensityTrainingOptions options, ITrainingSink? sink = null, CancellationToken cancel = default, Preprocessing? preprocessing = null)
    {
        options.Validate();
        return TrainingThread.Run(() => Train(flow, data, options, sink ?? TrainingSink.None, preprocessing ?? new() { Dequantise = true }, cancel));
    }

    private static DensityTrainingResult Train(
        Flow flow, ImageDataSet data, DensityTrainingOptions options, ITrainingSink sink, Preprocessing preprocessing, CancellationToken cancel)
    {
        using var trainer = new Trainer(new DensityTask(flow, data.Train, data.Test, preprocessing, options), options);
        var loop = new TrainingLoop(trainer, options, sink);
        var (losses, evaluations) = (new List<double>(), new List<(long, DensityEvaluation)>());
        trainer.Initialize();
        var outcome = loop.Run(step =>
        {
            losses.Add(step.Loss);
            if (trainer.Step % options.EvaluateEvery == 0) evaluations.Add((trainer.Step, Evaluate(trainer, sink, cancel)));
        }, cancel);
        DensityEvaluation? test = null;
        if (outcome == TrainingOutcome.Finished)
            try
            {
                test = Evaluate(trainer, sink, cancel);
            }
            catch (OperationCanceledException)
            {
                outcome = TrainingOutcome.Cancelled;
            }
        if (trainer.Average is { } average) trainer.Parameters.Assign(average);
        flow.Freeze();
        return new(flow, outcome, trainer.Step, loop.Seconds, losses, evaluations, test);
    }

    private static DensityEvaluation Evaluate(Trainer trainer, ITrainingSink sink, CancellationToken cancel)
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        var result = (DensityEvaluation)trainer.WithAverage(() => trainer.Task.Evaluate(cancel));
        sink.On(new EvaluationEvent(trainer.Step, result, System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds));
        return result;
    }
}
