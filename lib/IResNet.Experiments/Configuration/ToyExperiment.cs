using IResNet.Experiments.Data;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Configuration;

/// <summary>A flow on a 2-D density (Figure 2).</summary>
public record ToyExperiment : Experiment
{
    private const ulong TestSeed = 1;

    /// <summary>The density.</summary>
    public ToyDataSettings Data { get; init; } = new();

    /// <summary>The flow.</summary>
    public ToyFlowConfig Model { get; init; } = new();

    /// <summary>How it is trained.</summary>
    public ToyTrainingOptions Training { get; init; } = new();

    /// <inheritdoc/>
    public override TrainingOptions Options => Training;

    /// <inheritdoc/>
    public override Evaluation Evaluate(
        TrainedModel model,
        ImageDataSet? data,
        EvaluationSettings settings,
        CancellationToken cancel
    ) =>
        (
            this with
            {
                Training = Training with { EvaluationPoints = settings.Count ?? Training.EvaluationPoints },
            }
        ).EvaluateTask(model, data, cancel);

    /// <inheritdoc/>
    public override Tensor Examples(ImageDataSet? data, int count)
    {
        using var generator = new Generator(TestSeed);
        return ToyData.Sample(Data.Name, count, generator);
    }

    /// <inheritdoc/>
    public override void SaveSamples(TrainedModel model, string path, SampleSettings settings) =>
        ModelSamples.Save(model.Flow, path, settings);

    /// <inheritdoc/>
    protected override void ValidateModel()
    {
        if (!ToyData.Names.Contains(Data.Name))
            throw new ArgumentException($"data.name is '{Data.Name}'. {Names.Advice(Data.Name, [.. ToyData.Names])}");
        Model.Validate();
    }

    /// <inheritdoc/>
    protected override TrainedModel BuildModel()
    {
        var flow = new ToyFlow(Model);
        return new(flow, flow);
    }

    /// <inheritdoc/>
    protected override TrainingTask BuildTask(TrainedModel model, ImageDataSet? data) =>
        new ToyTask(model.Flow, Data.Name, Training);
}

/// <summary>Which 2-D density.</summary>
public sealed record ToyDataSettings
{
    /// <summary>One of <see cref="ToyData.Names"/>.</summary>
    public string Name { get; init; } = "8gaussians";
}
