using IResNet.Experiments.Figures;

namespace IResNet.Tests.Programs.Experiments.Figures;

public class ExactSeriesTests
{
    /// <summary>
    /// For J = a I everything is known: d ln(1 + a), its power series, and Theorem 3 as an equality for negative a.
    /// </summary>
    [Theory, InlineData(0.8), InlineData(-0.8), InlineData(0.3)]
    public void LinearMapsFollowTheTheory(double a)
    {
        const int Dimensions = 6,
            Terms = 20;
        using var scope = NewDisposeScope();
        var jacobian = a * eye(Dimensions, dtype: ScalarType.Float64).expand(4, Dimensions, Dimensions);
        var series = ExactSeries.Of(jacobian, Terms);
        Assert.Equal([Terms, 4L], series.PartialSums.shape);
        Expect.Near(
            full(4, Dimensions * Math.Log(1 + a), dtype: ScalarType.Float64),
            series.LogDet,
            1e-12,
            "exact"
        );
        double sum = 0;
        for (int n = 1; n <= Terms; n++)
        {
            sum += Dimensions * (n % 2 == 1 ? 1.0 : -1.0) * Math.Pow(a, n) / n;
            Expect.Near(full(4, sum, dtype: ScalarType.Float64), series.PartialSums[n - 1], 1e-12, $"{n} terms");
            double bias = Math.Abs(sum - series.LogDet[0].ToDouble()),
                bound = TruncationBound.Of(Math.Abs(a), Dimensions, n);
            if (a < 0)
                Assert.Equal(bound, bias, 1e-12);
            else
                Assert.True(bias < bound);
        }
    }

    /// <summary>Jacobians of networks are neither symmetric nor normal; powers by hand judge the shared ones.</summary>
    [Fact]
    public void PartialSumsAreThoseOfThePowers()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(1);
        var jacobian = Draw.Normal(3, 5, 5);
        jacobian = 0.5 * jacobian / jacobian.flatten(1).norm(1).view(-1, 1, 1);
        var series = ExactSeries.Of(jacobian, terms: 9);
        var (power, sum) = (jacobian, zeros(3, ScalarType.Float64));
        for (int k = 1; k <= 9; k++)
        {
            sum = sum + (k % 2 == 1 ? 1.0 : -1.0) / k * power.diagonal(0, 1, 2).sum(1);
            Expect.Near(sum, series.PartialSums[k - 1], 1e-13, $"{k} terms");
            power = power.bmm(jacobian);
        }
    }

    /// <summary>Theorem 3 at the Jacobians of a network, block by block.</summary>
    [Fact]
    public void TheBoundHoldsForNetworks()
    {
        using var scope = NewDisposeScope();
        var (flow, x) = Flows.Create("MultiscaleFlow");
        BlockLinearizations.Visit(flow, x, g =>
        {
            var series = ExactSeries.Of(g.Jacobian(), terms: 10);
            double Bias(int n) => Expect.MaxAbs(series.PartialSums[n - 1] - series.LogDet);
            Assert.All([1, 3, 10], n =>
                Assert.InRange(Bias(n), 0, TruncationBound.Of(g.LipschitzBound, g.Dimensions, n))
            );
            Assert.True(Bias(1) > Bias(10));
        });
    }
}
