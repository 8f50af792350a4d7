namespace IResNet;

/// <summary>
/// The flows for 2-D densities (Figure 2, Appendix C.3). The i-ResNet: blocks of dense layers 2-64-64-64-2 with ELU,
/// ActNorm after each block, the exact log-determinant. No activation precedes a branch's first layer: it would be flat
/// where a coordinate is negative, and leave the branch blind there. Glow: as many coupling layers with invertible
/// linear maps and ActNorm before each. The paper uses 100 blocks.
/// </summary>
public sealed class ToyFlow : Flow
{
    private readonly int _dimensions;

    /// <summary>Builds the network; the seed of torch's generator decides the initial weights.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="dimensions">Dimensions of the data.</param>
    /// <exception cref="ArgumentException">A count is below 1.</exception>
    public ToyFlow(ToyFlowConfig config, int dimensions = 2)
        : base(nameof(ToyFlow), Build(config, dimensions), new DiagonalGaussian(dimensions, learned: false))
    {
        (Config, _dimensions) = (config, dimensions);
        WithEstimator(new ExactLogDet());
    }

    /// <summary>As the other constructor, without a configuration's record.</summary>
    /// <param name="blocks">Number of blocks, at least 1.</param>
    /// <param name="hidden">Widths of the hidden layers of each branch or coupling; by default 64, 64, 64.</param>
    /// <param name="spectralNorm">Spectral normalization of every layer of the residual branches.</param>
    /// <param name="activation">Nonlinearity; by default ELU.</param>
    /// <param name="dimensions">Dimensions of the data.</param>
    /// <param name="kind">What the blocks are; by default residual.</param>
    public ToyFlow(
        int blocks,
        IReadOnlyList<int>? hidden = null,
        SpectralNormOptions? spectralNorm = null,
        ActivationKind? activation = null,
        int dimensions = 2,
        BlockKind? kind = null
    )
        : this(
            new()
            {
                Kind = kind ?? BlockKind.Residual,
                Blocks = blocks,
                Hidden = hidden ?? [64, 64, 64],
                Activation = activation ?? ActivationKind.Elu,
                SpectralNorm = spectralNorm ?? new(),
            },
            dimensions
        )
    { }

    /// <summary>The architecture.</summary>
    public ToyFlowConfig Config { get; }

    /// <inheritdoc/>
    protected override long[] LatentShape => [_dimensions];

    private static Sequence Build(ToyFlowConfig config, int dimensions)
    {
        config.Validate();
        var site = new BlockSite
        {
            Channels = dimensions,
            Hidden = config.Hidden,
            SpectralNorm = config.SpectralNorm,
            Activation = config.Activation,
            LeadingActivation = config.LeadingActivation,
        };
        ActNorm Norm() => new(dimensions, config.ActNormForm);
        IEnumerable<Bijection> Block()
        {
            Bijection[] block = [.. config.Kind.Create(site)];
            return !config.ActNorm ? block
                : block.OfType<ResidualBlock>().Any() ? [.. block, Norm()]
                : [Norm(), .. block];
        }
        var blocks = Enumerable.Range(0, config.Blocks).SelectMany(_ => Block());
        return new Sequence(config.ActNorm && config.LeadingActNorm ? blocks.Prepend(Norm()) : blocks);
    }
}
