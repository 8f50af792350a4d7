using IResNet.Experiments.Data;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Configuration;

/// <summary>One model of images that classifies, estimates densities and generates (the paper's claim).</summary>
public record HybridExperiment : ImageExperiment
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
            ImageDensityExperiment.EvaluateTo(settings, model.Flow, images, Data.Preprocessing, Seed, cancel)
        );
    }

    /// <inheritdoc/>
    public override Tensor Examples(ImageDataSet? data, int count) => Data.Examples(data!, count);

    /// <inheritdoc/>
    public override void SaveSamples(TrainedModel model, string path, SampleSettings settings) =>
        ModelSamples.Save(model.Flow, path, settings, Data.Preprocessing.ToPixels);

    /// <inheritdoc/>
    protected internal override Experiment Completed() => this with { Model = Model with { Input = Data.ModelInput } };

    /// <inheritdoc/>
    protected override void ValidateModel()
    {
        Data.ValidateForDensity();
        DemandInput(Model.Input, Data.ModelInput);
        Model.Validate();
        Head.Validate(Model.LearnedPrior);
    }

    /// <inheritdoc/>
    protected override TrainedModel BuildModel()
    {
        var flow = new HybridFlow(Model, Data.Classes, Head);
        return new(flow, flow);
    }

    /// <inheritdoc/>
    protected override TrainingTask BuildTask(TrainedModel model, ImageDataSet? data) =>
        new HybridTask((HybridFlow)model.Flow, Data.Split(data!), Data.Preprocessing, Training);
}
