using IResNet.Notebooks;
using Xunit;

namespace IResNet.Tests.Programs.Notebooks;

public class BinningTests
{
    [Fact]
    public void ADensityIntegratesToOneAndIgnoresWhatIsNotFinite()
    {
        double[] values = [0, 0.1, 0.5, 1, double.NaN, double.PositiveInfinity];
        double[] edges = Binning.Edges(values, 4);
        Assert.Equal([0, 0.25, 0.5, 0.75, 1], edges);
        Assert.Equal([2, 0, 1, 1], Binning.Density(values, edges));
        Assert.Equal(1, Binning.Density(values, edges).Sum() * 0.25, 12);
    }

    [Fact]
    public void ADensityInThePlaneHasRowsForY()
    {
        double[,] density = Binning.Density([0.9, 0.9], [0.1, 0.2], (0, 1), (0, 1), bins: 2);
        Assert.Equal(
            new double[,]
            {
                { 0, 4 },
                { 0, 0 },
            },
            density
        );
    }

    [Fact]
    public void PointsOutsideOfTheRangeCountAsOutside()
    {
        double[,] density = Binning.Density([0.5, 5], [0.5, 0.5], (0, 1), (0, 1), bins: 1);
        Assert.Equal(0.5, density[0, 0]);
    }

    [Fact]
    public void EqualValuesGetABinAroundThem() => Assert.Equal((2.5, 3.5), Binning.Range([3, 3]));
}
