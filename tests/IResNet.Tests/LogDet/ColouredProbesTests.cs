namespace IResNet.Tests.LogDet;

/// <summary>
/// Colours partition the dimensions; the estimate keeps its mean and loses the variance of all pairs of different
/// colour.
/// </summary>
public class ColouredProbesTests
{
    [
        Theory,
        InlineData(1, 3, 4, 5, 3),
        InlineData(2, 3, 4, 5, 12),
        InlineData(3, 1, 7, 6, 9),
        InlineData(9, 2, 3, 4, 24)
    ]
    public void ColoursPartitionTheDimensions(int stride, int channels, int height, int width, int colours)
    {
        using var scope = NewDisposeScope();
        var probes = new ColouredProbes(stride, new Generator(1));
        long[] shape = [2, channels, height, width];
        Assert.Equal(colours, probes.Colours(shape));
        var v = probes.Draw(colours, shape, zeros(1, dtype: ScalarType.Float64)).view([colours, .. shape]);
        // Scaled so that an average over the colours is a sum: one probe is non-zero in each dimension.
        Expect.Near(
            v.square().sum([0]),
            full(shape, colours, dtype: ScalarType.Float64),
            1e-12,
            "one colour per dimension"
        );
        foreach (var part in v.unbind(0))
        {
            var places = part[0].nonzero();
            for (long a = 0; a < places.size(0); a++)
                for (long b = 0; b < a; b++)
                {
                    long[] apart = (places[a] - places[b]).data<long>().ToArray();
                    Assert.Equal(0, apart[0]);
                    Assert.True(
                        Math.Max(Math.Abs(apart[1]), Math.Abs(apart[2])) >= Math.Min(stride, Math.Max(height, width))
                    );
                }
        }
    }

    /// <summary>
    /// For a fixed matrix A: mean tr A, variance 2 times the sum over pairs of one colour of squares of the symmetric
    /// part.
    /// </summary>
    [Fact]
    public void MeanAndVariance()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(3);
        const int Draws = 20_000,
            Channels = 2,
            Side = 4,
            Dimensions = Channels * Side * Side;
        var a = Draw.Normal(Dimensions, Dimensions);
        var probes = new ColouredProbes(2, new Generator(7));
        int colours = probes.Colours([Draws, Channels, Side, Side]);
        var v = probes.Draw(colours, [Draws, Channels, Side, Side], a).view(colours, Draws, Dimensions);
        var forms = (v.matmul(a) * v).sum(2).mean([0]);
        Statistics.MeanIs(a.trace().ToDouble(), forms, "mean");
        var same = v.select(1, 0).ne(0).to(ScalarType.Float64);
        var pairs = same.t().mm(same) - eye(Dimensions, dtype: ScalarType.Float64);
        var s = (a + a.t()) / 2;
        Statistics.VarianceIs(2 * (s * pairs).square().sum().ToDouble(), forms, "variance");
        double uncoloured = 2 * (s.square().sum() - s.diagonal().square().sum()).ToDouble();
        Assert.True(
            Statistics.VarianceDeviation(uncoloured, forms) > 2 * Statistics.StandardErrors,
            "negative control"
        );
    }

    /// <summary>Vectors have a colour a dimension: traces are exact.</summary>
    [Fact]
    public void VectorsAreExact()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(4);
        var a = Draw.Normal(3, 3);
        var v = new ColouredProbes(1).Draw(3, [1, 3], a);
        Assert.Equal(a.trace().ToDouble(), (v.mm(a) * v).sum(1).mean().ToDouble(), 1e-12);
    }

    [Fact]
    public void OtherCountsAreRefused()
    {
        var fault = Assert.Throws<ArgumentException>(() => new ColouredProbes(2).Draw(5, [1, 1, 4, 4], zeros(1)));
        Assert.Contains("4 colours", fault.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ColouredProbes(0));
    }
}
