using IResNet.Experiments.Data;
using IResNet.Experiments.Training;

namespace IResNet.Experiments.Configuration;

/// <summary>One model of images that classifies, estimates densities and generates (the paper's claim).</summary>
public record HybridExperiment : ImageFlowExperiment
{
    /// <summary>The multiscale flow.</summary>
    public required FlowConfig Model { get; init; }

    /// <summary>How it knows classes.</summary>
    public HeadConfig Head { get; init; } = new ClassGaussiansConfig();

    /// <summary>How it is trained.</summary>
    public HybridTrainingOptions Training { get; init; } = new();

    /// <inheritdoc/>
    public override TrainingOptions Options => Training;

    /// <inheritdoc/>
    public override Evaluation Evaluate(
        TrainedModel model,
        ImageDataSet? data,
        EvaluationSettings settings,
        CancellationToken cancel
    )
    {
        var images = ImageDataSettings.Test(data!, settings.Count);
        return new HybridEvaluation(
            HybridEvaluator.Classify((HybridFlow)model.Flow, images, Data.Preprocessing, Seed, cancel),
            DensityOf(model.Flow, images, settings, cancel)
        );
    }

    /// <inheritdoc/>
    protected internal override Experiment Completed() => this with { Model = Model with { Input = Data.ModelInput } };

    /// <inheritdoc/>
    protected override void ValidateModel()
    {
        ValidateData(Model.Input, Model.LogitAlpha);
        Model.Validate();
        Head.Validate();
        Training.ImagesForClasses(Data.Preprocessing, Data.OriginalShape);
    }

    private protected override Flow BuildFlow() => new HybridFlow(Model, Data.Classes, Head);

    /// <inheritdoc/>
    protected override TrainingTask BuildTask(TrainedModel model, ImageDataSet? data) =>
        new HybridTask((HybridFlow)model.Flow, Data.Split(data!), Data.Preprocessing, Training);
}
