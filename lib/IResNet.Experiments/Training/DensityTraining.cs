using IResNet.Experiments.Data;

namespace IResNet.Experiments.Training;

/// <summary>
/// Trains a density model in this process and keeps nothing on disk; for runs that must survive, see <c>iresnet
/// train</c>.
/// <code>
/// var mnist = await DataSets.Mnist();
/// var flow = new MultiscaleFlow(new FlowConfig { Input = mnist.Shape, InitialSqueeze = true });
/// var run = await DensityTraining.Run(flow, mnist, new DensityTrainingOptions { Batch = 64, LearningRate = 0.006,
/// Seconds = 120 }, new ConsoleSink());
/// run.Test                                  // 3.9 ± 0.02 bits/dim (1,000 images; 1x28x28, d = 784; ...)
/// </code>
/// </summary>
public static class DensityTraining
{
    /// <summary>Trains on a data set's training images and evaluates on its test images.</summary>
    /// <param name="flow">The model, trained in place.</param>
    /// <param name="data">The images.</param>
    /// <param name="options">How long, how fast; <see cref="TrainingOptions.Steps"/> or
    /// <see cref="TrainingOptions.Seconds"/> must be given.</param>
    /// <param name="sink">Told about every step, on the training's thread; nobody by default.</param>
    /// <param name="cancel">Ends the training after the step in hand; the result then has no
    /// <see cref="TrainingResult{T}.Test"/>.</param>
    /// <param name="preprocessing">By default dequantisation alone: 1x28x28 for MNIST.</param>
    /// <exception cref="ArgumentException">The options are impossible, or the data do not fit the options.</exception>
    /// <exception cref="ShapeException">The images do not fit the model.</exception>
    /// <exception cref="TrainingDivergedException">Loss or gradient is not finite, or the loss exploded.</exception>
    public static Task<TrainingResult<DensityEvaluation>> Run(
        Flow flow,
        ImageDataSet data,
        DensityTrainingOptions options,
        ITrainingSink? sink = null,
        CancellationToken cancel = default,
        Preprocessing? preprocessing = null
    ) =>
        InlineTraining.OnImages<DensityEvaluation>(
            data,
            images => new DensityTask(flow, images, preprocessing ?? new() { Dequantise = true }, options),
            options,
            sink,
            cancel
        );
}
