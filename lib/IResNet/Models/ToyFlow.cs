namespace IResNet;

/// <summary>
/// The flows for 2-D densities (Figure 2, Appendix C.3). The i-ResNet: blocks of dense layers 2-64-64-64-2 with ELU,
/// ActNorm after each block, the exact log-determinant. No activation precedes a branch's first layer: it would be flat
/// where a coordinate is negative, and leave the branch blind there. Glow: as many coupling layers with invertible
/// linear maps and ActNorm between them. The paper uses 100 blocks.
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
    /// <param name="activation">Nonlinearity.</param>
    /// <param name="dimensions">Dimensions of the data.</param>
    /// <param name="kind">What the blocks are.</param>
    public ToyFlow(
        int blocks,
        IReadOnlyList<int>? hidden = null,
        SpectralNormOptions? spectralNorm = null,
        ActivationKind activation = ActivationKind.Elu,
        int dimensions = 2,
        BlockKind kind = BlockKind.Residual
    )
        : this(
            new()
            {
                Kind = kind,
                Blocks = blocks,
                Hidden = hidden ?? [64, 64, 64],
                Activation = activation,
                SpectralNorm = spectralNorm ?? new(),
            },
            dimensions
        ) { }

    /// <summary>The architecture.</summary>
    public ToyFlowConfig Config { get; }

    private protected override long[] LatentShape => [_dimensions];

    private static Sequence Build(ToyFlowConfig config, int dimensions)
    {
        config.Validate();
        IEnumerable<Bijection> Block() =>
            config.Kind == BlockKind.Residual
                ?
                [
                    new ResidualBlock(
                        new DenseBranch(dimensions, config.Hidden, config.SpectralNorm, config.Activation)
                    ),
                    new ActNorm(dimensions),
                ]
                :
                [
                    new ActNorm(dimensions),
                    .. Glow.Step(config.Kind, dimensions, affine => new CouplingLayer(
                        dimensions,
                        config.Hidden,
                        affine,
                        config.Activation
                    )),
                ];
        return new Sequence(Enumerable.Range(0, config.Blocks).SelectMany(_ => Block()));
    }
}
