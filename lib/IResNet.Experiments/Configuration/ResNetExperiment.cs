using IResNet.Experiments.Data;
using IResNet.Experiments.Training;

namespace IResNet.Experiments.Configuration;

/// <summary>The baseline of Table 2: an ordinary residual network, trained as the i-ResNets are.</summary>
public sealed record ResNetExperiment : Experiment
{
    /// <summary>The images.</summary>
    public required ImageDataSettings Data { get; init; }

    /// <summary>The network.</summary>
    public ResNetSettings Model { get; init; } = new();

    /// <summary>How it is trained.</summary>
    public ClassifierTrainingOptions Training { get; init; } = new();

    internal override TrainingOptions Options => Training;

    internal override Task<ImageDataSet?> LoadData(DataOptions? options, CancellationToken cancel) =>
        Data.Load(options, cancel);

    private protected override void ValidateModel()
    {
        Data.ValidateForClassifier();
        if (Run.Samples > 0)
            throw new ArgumentException(
                $"run.samples is {Run.Samples}, but must be 0: a network without an inverse makes no pictures."
            );
    }

    private protected override TrainedModel BuildModel() =>
        new(new ResNet(Model.For(Data.ModelInput), Data.Classes), null);

    private protected override TrainingTask BuildTask(TrainedModel model, ImageDataSet? data) =>
        new ClassifierTask((ResNet)model.Module, Data.Split(data!), Data.Preprocessing, Training);
}

/// <summary>The architecture of a <see cref="ResNet"/>, see <see cref="ResNetConfig"/>.</summary>
public sealed record ResNetSettings
{
    /// <inheritdoc cref="ResNetConfig.Blocks"/>
    public IReadOnlyList<int> Blocks { get; init; } = [18, 18, 18];

    /// <inheritdoc cref="ResNetConfig.Widths"/>
    public IReadOnlyList<int> Widths { get; init; } = [16, 32, 64];

    /// <inheritdoc cref="ResNetConfig.BatchNorm"/>
    public bool BatchNorm { get; init; } = true;

    /// <summary>For images of a shape.</summary>
    internal ResNetConfig For(ImageShape input) =>
        new()
        {
            Input = input,
            Blocks = Blocks,
            Widths = Widths,
            BatchNorm = BatchNorm,
        };
}
