using IResNet.Experiments.Data;
using IResNet.Experiments.Training;

namespace IResNet.Experiments.Configuration;

/// <summary>A flow on a 2-D density (Figure 2).</summary>
public sealed record ToyExperiment : Experiment
{
    /// <summary>The density.</summary>
    public ToyDataSettings Data { get; init; } = new();

    /// <summary>The flow.</summary>
    public ToyModelSettings Model { get; init; } = new();

    /// <summary>How it is trained.</summary>
    public ToyTrainingOptions Training { get; init; } = new();

    internal override TrainingOptions Options => Training;

    internal override Task<ImageDataSet?> LoadData(DataOptions? options, CancellationToken cancel) =>
        Task.FromResult<ImageDataSet?>(null);

    private protected override void ValidateModel()
    {
        if (!ToyData.Names.Contains(Data.Name))
            throw new ArgumentException($"data.name is '{Data.Name}'. {Names.Advice(Data.Name, [.. ToyData.Names])}");
        _ = Model.SpectralNorm;
    }

    private protected override TrainedModel BuildModel()
    {
        var flow = new ToyFlow(Model.Blocks, Model.Hidden, Model.SpectralNorm, Model.Activation, kind: Model.Kind);
        return new(flow, flow);
    }

    private protected override TrainingTask BuildTask(TrainedModel model, ImageDataSet? data) =>
        new ToyTask(model.Flow, Data.Name, Training);
}

/// <summary>Which 2-D density.</summary>
public sealed record ToyDataSettings
{
    /// <summary>One of <see cref="ToyData.Names"/>.</summary>
    public string Name { get; init; } = "8gaussians";
}

/// <summary>The architecture of a 2-D flow, see <see cref="ToyFlow"/>.</summary>
public sealed record ToyModelSettings
{
    /// <inheritdoc cref="FlowConfig.Kind"/>
    public BlockKind Kind { get; init; } = BlockKind.Residual;

    /// <summary>Blocks; 100 in the paper.</summary>
    public int Blocks { get; init; } = 100;

    /// <summary>Widths of the hidden layers of each branch or coupling.</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [64, 64, 64];

    /// <inheritdoc cref="FlowConfig.Activation"/>
    public ActivationKind Activation { get; init; } = ActivationKind.Elu;

    /// <inheritdoc cref="SpectralNormOptions.Coefficient"/>
    public double Coefficient { get; init; } = 0.9;

    /// <inheritdoc cref="SpectralNormOptions.PowerIterations"/>
    public int PowerIterations { get; init; } = 5;

    /// <inheritdoc cref="SpectralNormOptions.Enabled"/>
    public bool Normalized { get; init; } = true;

    internal SpectralNormOptions SpectralNorm =>
        new()
        {
            Coefficient = Coefficient,
            PowerIterations = PowerIterations,
            Enabled = Normalized,
        };
}
