using IResNet.Experiments.Data;

namespace IResNet.Experiments.Training;

/// <summary>
/// Trains a hybrid model in this process and keeps nothing on disk; for runs that must survive, see <c>iresnet
/// train</c>.
/// </summary>
public static class HybridTraining
{
    /// <inheritdoc cref="DensityTraining.Run"/>
    public static Task<TrainingResult<HybridEvaluation>> Run(
        HybridFlow flow,
        ImageDataSet data,
        HybridTrainingOptions options,
        ITrainingSink? sink = null,
        CancellationToken cancel = default,
        Preprocessing? preprocessing = null
    ) =>
        InlineTraining.OnImages<HybridEvaluation>(
            data,
            images => new HybridTask(flow, images, preprocessing ?? new() { Dequantise = true }, options),
            options,
            sink,
            cancel
        );
}
