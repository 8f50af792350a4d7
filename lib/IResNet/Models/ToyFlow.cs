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
        : base(
            nameof(ToyFlow),
            Build(blocks, hidden ?? [64, 64, 64], spectralNorm ?? new(), activation, dimensions, kind),
            new DiagonalGaussian(dimensions, learned: false)
        )
    {
        _dimensions = dimensions;
        WithEstimator(new ExactLogDet());
    }

    private protected override long[] LatentShape => [_dimensions];

    private static Sequence Build(
        int blocks,
        IReadOnlyList<int> hidden,
        SpectralNormOptions options,
        ActivationKind activation,
        int dimensions,
        BlockKind kind
    )
    {
        Guard.AtLeast(blocks, 1, nameof(blocks));
        IEnumerable<Bijection> Block() =>
            kind == BlockKind.Residual
                ? [new ResidualBlock(new DenseBranch(dimensions, hidden, options, activation)), new ActNorm(dimensions)]
                :
                [
                    new ActNorm(dimensions),
                    .. Glow.Step(kind, dimensions, affine => new CouplingLayer(dimensions, hidden, affine, activation)),
                ];
        return new Sequence(Enumerable.Range(0, blocks).SelectMany(_ => Block()));
    }
}
