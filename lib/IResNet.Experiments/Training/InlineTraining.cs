using System.Diagnostics;
using IResNet.Experiments.Data;

namespace IResNet.Experiments.Training;

/// <summary>A training in this process that keeps nothing on disk, as a notebook's cell runs it.</summary>
internal static class InlineTraining
{
    /// <summary>Trains to the end or the cancellation, then evaluates.</summary>
    /// <param name="create">Makes the task, on the training's thread.</param>
    /// <param name="options">Length and pace.</param>
    /// <param name="sink">Told about every step; nobody if null.</param>
    /// <param name="cancel">Ends the training after the step in hand.</param>
    public static Task<TrainingResult<T>> Run<T>(
        Func<TrainingTask> create,
        TrainingOptions options,
        ITrainingSink? sink,
        CancellationToken cancel
    )
        where T : Evaluation
    {
        options.Validate();
        return TrainingThread.Run(() => Train<T>(create, options, sink ?? TrainingSink.None, cancel));
    }

    /// <summary>As <see cref="Run{T}"/>, on a data set's training images, evaluated on its test images.</summary>
    /// <param name="data">The images.</param>
    /// <param name="create">Makes the task of them, on the training's thread.</param>
    /// <param name="options">Length and pace.</param>
    /// <param name="sink">Told about every step; nobody if null.</param>
    /// <param name="cancel">Ends the training after the step in hand.</param>
    public static Task<TrainingResult<T>> OnImages<T>(
        ImageDataSet data,
        Func<ImageSplits, TrainingTask> create,
        TrainingOptions options,
        ITrainingSink? sink,
        CancellationToken cancel
    )
        where T : Evaluation =>
        Run<T>(() => create(new(data.Train, data.Test, data.Test)), options, sink, cancel);

    private static TrainingResult<T> Train<T>(
        Func<TrainingTask> create,
        TrainingOptions options,
        ITrainingSink sink,
        CancellationToken cancel
    )
        where T : Evaluation
    {
        using var trainer = new Trainer(create(), options);
        var loop = new TrainingLoop(trainer, options, sink);
        var (losses, evaluations) = (new List<double>(), new List<(long, T)>());
        trainer.Initialize(sink);
        var outcome = loop.Run(
            step =>
            {
                losses.Add(step.Loss);
                if (trainer.Step % options.EvaluateEvery == 0)
                    evaluations.Add((trainer.Step, (T)trainer.Evaluate(sink, cancel)));
            },
            cancel
        );
        T? test = null;
        if (outcome == TrainingOutcome.Finished)
            try
            {
                test = (T)trainer.Evaluate(sink, cancel);
            }
            catch (OperationCanceledException)
            {
                outcome = TrainingOutcome.Cancelled;
            }
        trainer.Recalibrate();
        if (trainer.Average is { } average)
            trainer.Parameters.Assign(average);
        trainer.Task.Model.eval();
        trainer.Task.Flow?.Freeze();
        return new(outcome, trainer.Step, loop.Seconds, losses, evaluations, test);
    }

    /// <summary>The figure on held-out examples, of the averaged parameters if there are any.</summary>
    private static Evaluation Evaluate(this Trainer trainer, ITrainingSink sink, CancellationToken cancel)
    {
        long start = Stopwatch.GetTimestamp();
        var result = trainer.WithAverage(() => trainer.Task.Evaluate(HeldOut.Test, cancel));
        sink.On(new EvaluationEvent(trainer.Step, result, Stopwatch.GetElapsedTime(start).TotalSeconds));
        return result;
    }
}
