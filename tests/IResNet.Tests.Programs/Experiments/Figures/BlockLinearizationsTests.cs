using IResNet.Experiments.Figures;

namespace IResNet.Tests.Programs.Experiments.Figures;

public class BlockLinearizationsTests
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
}
