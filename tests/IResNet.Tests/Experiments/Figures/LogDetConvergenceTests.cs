using IResNet.Experiments.Figures;
using IResNet.Tests.Models;

namespace IResNet.Tests.Experiments.Figures;

public class LogDetConvergenceTests
{
    /// <summary>
    /// The visitor sees every block at what reaches it: with the ActNorms' share, the exact log-determinants add up to
    /// the flow's own.
    /// </summary>
    [Theory, MemberData(nameof(Flows.Names), MemberType = typeof(Flows))]
    public void BlocksAddUpToTheFlow(string name)
    {
        using var scope = NewDisposeScope();
        var (flow, x) = Flows.Create(name);
        var estimators = flow.ResidualBlocks.Select(block => block.Estimator).ToList();
        var (sum, blocks) = (zeros(x.size(0), ScalarType.Float64), 0);
        BlockLinearizations.Visit(flow, x, g =>
        {
            sum.add_(ExactSeries.Of(g.Jacobian(), terms: 1).LogDet);
            blocks++;
        });
        Assert.Equal(flow.ResidualBlocks.Count, blocks);
        Assert.Equal(estimators, flow.ResidualBlocks.Select(block => block.Estimator));
        var whole = flow.LogProbTerms(x).logDet;
        flow.WithEstimator(new NoLogDet());
        Expect.Near(sum, whole - flow.LogProbTerms(x).logDet, 1e-12, "log-determinants");
        Assert.Equal(blocks > 0, Expect.MaxAbs(sum) > 1e-3); // a Glow has no residual blocks
    }

    /// <summary>
    /// For J = a I everything is known: d ln(1 + a), its power series, Theorem 3 as an equality for negative a, and the
    /// probes' variance 2 d (sum)^2.
    /// </summary>
    [Theory, InlineData(0.8), InlineData(-0.8), InlineData(0.3)]
    public void LinearMapsFollowTheTheory(double slope)
    {
        const int Dimensions = 6;
        using var scope = NewDisposeScope();
        var flow = new ToyFlow(1, [Dimensions], dimensions: Dimensions);
        flow.to(ScalarType.Float64);
        flow.eval();
        foreach (
            var (to, from) in flow.ResidualBlocks[0].Branch.Layers.Zip(LinearBranch.Create(slope, Dimensions).Layers)
        )
        {
            using var noGrad = no_grad();
            to.Weight.copy_(from.Weight);
            to.Bias.copy_(from.Bias);
        }
        flow.Freeze();
        Draw.Seed(1);
        using var generator = new Generator(1);
        var curve = LogDetConvergence.Of(flow, Draw.Normal(4, Dimensions), [1, 2, 5, 20], probes: 2000, generator);

        double Series(int n) => Enumerable.Range(1, n).Sum(k => (k % 2 == 1 ? 1.0 : -1.0) * Math.Pow(slope, k) / k);
        Assert.Equal(Dimensions * Math.Log(1 + slope), curve.Exact, 1e-10);
        for (int i = 0; i < curve.Terms.Count; i++)
        {
            int n = curve.Terms[i];
            Assert.Equal(Dimensions * Series(n), curve.Truncated[i], 1e-10);
            Assert.Equal(Math.Abs(curve.Truncated[i] - curve.Exact), curve.Bias[i], 1e-10);
            if (slope < 0)
                Assert.Equal(curve.Bound[i], curve.Bias[i], 1e-6 * curve.Bound[i] + 1e-10);
            else
                Assert.True(curve.Bias[i] < curve.Bound[i]);
            double spread = Math.Sqrt(2 * Dimensions) * Math.Abs(Series(n));
            Assert.InRange(curve.Spread[i], 0.9 * spread, 1.1 * spread);
            Assert.Equal(
                curve.Truncated[i],
                curve.Estimate[i],
                Tests.Statistics.StandardErrors * spread / Math.Sqrt(4 * 2000)
            );
        }
    }

    [Fact]
    public void TheBoundHoldsForNetworks()
    {
        using var scope = NewDisposeScope();
        var (flow, x) = Flows.Create("MultiscaleFlow");
        using var generator = new Generator(1);
        var curve = LogDetConvergence.Of(flow, x, [1, 3, 10], probes: 50, generator);
        Assert.All(curve.Bias.Zip(curve.Bound), pair => Assert.InRange(pair.First, 0, pair.Second));
        Assert.True(curve.Bias[0] > curve.Bias[2] && curve.Spread[0] > 0);
    }
}
