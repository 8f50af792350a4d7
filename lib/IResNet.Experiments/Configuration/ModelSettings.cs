namespace IResNet.Experiments.Configuration;

/// <summary>
/// The architecture of a convolutional i-ResNet or Glow, see <see cref="FlowConfig"/>. Lists have one entry a stage.
/// </summary>
public sealed record ModelSettings
{
    /// <inheritdoc cref="FlowConfig.Kind"/>
    public BlockKind Kind { get; init; } = BlockKind.Residual;

    /// <inheritdoc cref="FlowConfig.Blocks"/>
    public IReadOnlyList<int> Blocks { get; init; } = [4, 4];

    /// <inheritdoc cref="FlowConfig.Strides"/>
    public IReadOnlyList<int> Strides { get; init; } = [1, 2];

    /// <inheritdoc cref="FlowConfig.Hidden"/>
    public IReadOnlyList<int> Hidden { get; init; } = [32, 32];

    /// <inheritdoc cref="FlowConfig.InitialSqueeze"/>
    public bool InitialSqueeze { get; init; }

    /// <inheritdoc cref="FlowConfig.Padding"/>
    public int Padding { get; init; }

    /// <inheritdoc cref="FlowConfig.Activation"/>
    public ActivationKind Activation { get; init; } = ActivationKind.Elu;

    /// <inheritdoc cref="SpectralNormOptions.Coefficient"/>
    public double Coefficient { get; init; } = 0.9;

    /// <inheritdoc cref="SpectralNormOptions.PowerIterations"/>
    public int PowerIterations { get; init; } = 5;

    /// <inheritdoc cref="SpectralNormOptions.DivisorMargin"/>
    public double DivisorMargin { get; init; } = 1e-5;

    /// <inheritdoc cref="SpectralNormOptions.Enabled"/>
    public bool Normalized { get; init; } = true;

    /// <inheritdoc cref="FlowConfig.ActNorm"/>
    public bool ActNorm { get; init; } = true;

    /// <inheritdoc cref="FlowConfig.LearnedPrior"/>
    public bool LearnedPrior { get; init; } = true;

    /// <inheritdoc cref="FlowConfig.NormBeforeSqueeze"/>
    public bool NormBeforeSqueeze { get; init; }

    /// <summary>For images of a shape.</summary>
    internal FlowConfig For(ImageShape input) =>
        new()
        {
            Input = input,
            Kind = Kind,
            Blocks = Blocks,
            Strides = Strides,
            Hidden = Hidden,
            InitialSqueeze = InitialSqueeze,
            Padding = Padding,
            Activation = Activation,
            SpectralNorm = new()
            {
                Coefficient = Coefficient,
                PowerIterations = PowerIterations,
                DivisorMargin = DivisorMargin,
                Enabled = Normalized,
            },
            ActNorm = ActNorm,
            LearnedPrior = LearnedPrior,
            NormBeforeSqueeze = NormBeforeSqueeze,
        };
}
