using IResNet.Experiments.Data;

namespace IResNet.Experiments.Training;

/// <summary>
/// Trains a hybrid model in this process and keeps nothing on disk; for runs that must survive, see <c>iresnet
/// train</c>.
/// </summary>
public static class HybridTraining
{
    /// <summary>Trains on a data set's training images and evaluates on its test images.</summary>
    /// <param name="flow">The model, trained in place.</param>
    /// <param name="data">The images.</param>
    /// <param name="options">How long, how fast, and the weight of the density.</param>
    /// <param name="sink">Told about every step, on the training's thread; nobody by default.</param>
    /// <param name="cancel">Ends the training after the step in hand; the result then has no
    /// <see cref="TrainingResult{T}.Test"/>.</param>
    /// <param name="preprocessing">By default dequantisation alone: 1x28x28 for MNIST.</param>
    /// <exception cref="ArgumentException">The options are impossible, or the data do not fit the options.</exception>
    /// <exception cref="ShapeException">The images do not fit the model.</exception>
    /// <exception cref="TrainingDivergedException">Loss or gradient is not finite, or the loss exploded.</exception>
    public static Task<TrainingResult<HybridEvaluation>> Run(
        HybridFlow flow,
        ImageDataSet data,
        HybridTrainingOptions options,
        ITrainingSink? sink = null,
        CancellationToken cancel = default,
        Preprocessing? preprocessing = null
    ) =>
        InlineTraining.Run<HybridEvaluation>(
            () =>
                new HybridTask(
                    flow,
                    new(data.Train, data.Test, data.Test),
                    preprocessing ?? new() { Dequantise = true },
                    options
                ),
            options,
            sink,
            cancel
        );
}
