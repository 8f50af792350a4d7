using IResNet.Experiments.Data;
using IResNet.Experiments.Training;

namespace IResNet.Experiments.Configuration;

/// <summary>A density model of images (section 5.3, Table 4).</summary>
public sealed record DensityExperiment : Experiment
{
    /// <summary>The images.</summary>
    public required ImageDataSettings Data { get; init; }

    /// <summary>The multiscale flow.</summary>
    public ModelSettings Model { get; init; } = new();

    /// <summary>How it is trained.</summary>
    public DensityTrainingOptions Training { get; init; } = new();

    internal override TrainingOptions Options => Training;

    internal override Task<ImageDataSet?> LoadData(DataOptions? options, CancellationToken cancel) =>
        Data.Load(options, cancel);

    private protected override void ValidateModel()
    {
        Data.Validate();
        if (!Data.Dequantise)
            throw new ArgumentException("data.dequantise is false, but a density needs dequantised images.");
        _ = Model.For(Data.ModelInput);
    }

    private protected override TrainedModel BuildModel()
    {
        var flow = new MultiscaleFlow(Model.For(Data.ModelInput));
        return new(flow, flow);
    }

    private protected override TrainingTask BuildTask(TrainedModel model, ImageDataSet? data) =>
        new DensityTask(model.Flow, Data.Split(data!), Data.Preprocessing, Training);
}
