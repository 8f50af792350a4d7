using IResNet.Experiments.Data;
using IResNet.Experiments.Training;

namespace IResNet.Experiments.Configuration;

/// <summary>A density of images, whatever its model: bits/dim to a stated error, and samples.</summary>
public abstract record ImageDensityExperiment : ImageFlowExperiment
{
    /// <summary>How it is trained.</summary>
    public DensityTrainingOptions Training { get; init; } = new();

    /// <inheritdoc/>
    public override TrainingOptions Options => Training;

    /// <inheritdoc/>
    public override Evaluation Evaluate(
        TrainedModel model,
        ImageDataSet? data,
        EvaluationSettings settings,
        CancellationToken cancel
    ) =>
        DensityOf(model.Flow, ImageDataSettings.Test(data!, settings.Count), settings, cancel);

    /// <inheritdoc/>
    protected override TrainingTask BuildTask(TrainedModel model, ImageDataSet? data) =>
        new DensityTask(model.Flow, Data.Split(data!), Data.Preprocessing, Training);
}
