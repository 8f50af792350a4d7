namespace Extension.Parts;

/// <summary>A flow of all these parts, on 8x8 pixels.</summary>
internal sealed class MixedFlow() : Flow(nameof(MixedFlow), Build(), new DiagonalGaussian(Stripes.Shape.Dimensions))
{
    protected override long[] LatentShape => [Stripes.Shape.Dimensions];

    private static Sequence Build()
    {
        var shape = Stripes.Shape.Squeezed();
        var half = shape with { Channels = shape.Channels / 2 };
        return new(
            new Squeeze(),
            new ActNorm(shape.Channels),
            new ResidualBlock(new ParallelBranch(shape, activation: SplitSoftplus.Kind)),
            new Leaky(shape.Channels),
            new ResidualBlock(new ConvBranch(shape, 6, new SpectralNormOptions(), Wave.Kind)),
            new ResidualBlock(new ForwardOnlyBranch(shape.Channels)),
            new TwoHalves(
                new ResidualBlock(RowSums(half)),
                new ResidualBlock(new ConvBranch(half, 4, 0.8, SplitSoftplus.Kind))
            ),
            new ActNorm(shape.Channels),
            new Flatten(shape)
        );
    }

    private static SequentialBranch RowSums(ImageShape shape)
    {
        var options = new SpectralNormOptions { Coefficient = 0.5 };
        return new(
            [new RowSumConv2d(shape, shape.Channels, 5, options), new RowSumConv2d(shape, 10, shape.Channels, options)],
            [new SplitSoftplus()]
        );
    }
}
