namespace IResNet.Tests.Blocks;

/// <summary>Where squeeze, padding and factor-out put their numbers.</summary>
public class RearrangementTests
{
    /// <summary>Output channel (2 dy + dx) C + c holds pixel (dy, dx) of each 2x2 cell.</summary>
    [Fact]
    public void SqueezeTakesTheOfficialOrder()
    {
        using var scope = NewDisposeScope();
        const int Channels = 3,
            Height = 4,
            Width = 6;
        var x = arange(2 * Channels * Height * Width, dtype: ScalarType.Float64).view(2, Channels, Height, Width);
        var y = new Squeeze().forward(x).y;
        Assert.Equal([2, 4 * Channels, Height / 2, Width / 2], y.shape);
        for (int n = 0; n < 2; n++)
            for (int channel = 0; channel < Channels; channel++)
                for (int row = 0; row < Height; row++)
                    for (int column = 0; column < Width; column++)
                        Assert.Equal(
                            x[n, channel, row, column].ToDouble(),
                            y[n, (2 * (row % 2) + column % 2) * Channels + channel, row / 2, column / 2].ToDouble()
                        );
    }

    /// <summary>Output channel 4 c + 2 dy + dx, as <c>pixel_unshuffle</c> has it.</summary>
    [Fact]
    public void SqueezeTakesTheOrderOfResidualFlows()
    {
        using var scope = NewDisposeScope();
        var x = Draw.Normal(2, 3, 4, 6);
        Expect.Near(
            new Squeeze(SqueezeOrder.ChannelFirst).forward(x).y,
            nn.functional.pixel_unshuffle(x, 2),
            0,
            "the order of channels"
        );
    }

    [Fact]
    public void FactorOutKeepsTheFirstHalf()
    {
        using var scope = NewDisposeScope();
        var shape = new ImageShape(4, 2, 3);
        var x = Draw.Normal(2, 4, 2, 3);
        var y = new FactorOut(shape, new Flatten(FactorOut.Remaining(shape)), keepsFirst: true).forward(x).y;
        Expect.Near(y, cat([x.narrow(1, 2, 2), x.narrow(1, 0, 2)], 1).flatten(1), 0, "the second half first");
    }

    [Fact]
    public void PaddingAppendsZeroChannels()
    {
        using var scope = NewDisposeScope();
        var x = Draw.Normal(2, 3, 4, 5);
        var y = new InjectivePadding(3, 2).forward(x).y;
        Assert.Equal([2, 5, 4, 5], y.shape);
        Expect.Near(y.narrow(1, 0, 3), x, 0, "images");
        Assert.Equal(0, Expect.MaxAbs(y.narrow(1, 3, 2)));
    }

    [Fact]
    public void FactorOutSendsTheSecondHalfOn()
    {
        using var scope = NewDisposeScope();
        var shape = new ImageShape(5, 2, 3);
        Assert.Equal(new ImageShape(3, 2, 3), FactorOut.Remaining(shape));
        var x = Draw.Normal(2, 5, 2, 3);
        var y = new FactorOut(shape, new Flatten(FactorOut.Remaining(shape))).forward(x).y;
        Expect.Near(y, x.flatten(1), 0, "nothing but the order of leaving");
    }

    [Fact]
    public void SequenceAddsLogDeterminants()
    {
        using var scope = NewDisposeScope();
        var parts = new[] { 1, 2, 3 }.Select(_ => Draw.Prepared(new ActNorm(2))).ToArray();
        var x = Draw.Normal(4, 2);
        Expect.Near(
            new Sequence(parts).forward(x).logDet,
            full(4, parts.Sum(part => part.LogScale.sum().ToDouble()), ScalarType.Float64),
            1e-12,
            "sum"
        );
    }
}
