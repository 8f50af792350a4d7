using IResNet.Notebooks;
using Xunit;

namespace IResNet.Tests.Programs.Notebooks;

public class ThinningTests
{
    private static readonly double[] Many = [.. Enumerable.Range(0, 100_000).Select(i => (double)i)];

    [Fact]
    public void SpikesGapsAndEndsSurvive()
    {
        double[] y = [.. Many.Select(i => Math.Sin(i / 1000))];
        (y[33_333], y[55_555]) = (100, double.NaN);

        var (keptX, keptY) = Thinning.Of(Many, y);

        Assert.InRange(keptX.Length, Thinning.Most / 2, Thinning.Most + 10);
        Assert.Equal(100, keptY[Array.IndexOf(keptX, 33_333)]);
        Assert.Equal(double.NaN, keptY[Array.IndexOf(keptX, 55_555)]);
        Assert.Equal((0, 99_999), (keptX[0], keptX[^1]));
        Assert.Equal(keptX.Order(), keptX);
    }

    [Fact]
    public void FewPointsAreKeptAsTheyAre()
    {
        double[] few = Many[..Thinning.Most];
        Assert.Same(few, Thinning.Of(few, few).X);
    }

    [Fact]
    public void LinesAreThinnedAndPointsAreNot()
    {
        Assert.InRange(Charts.Lines(Many, Many).ToPlotlyJson().Length, 1, 60_000);
        Assert.True(Charts.Points(Many, Many).ToPlotlyJson().Length > 1_000_000);
    }
}
