using IResNet.Experiments.Figures;

namespace IResNet.Tests.Programs.Experiments.Figures;

public class SolverRunTests
{
    /// <summary>
    /// For F(x) = (1 + a) x the residual is (1 + a) times the distance: with a negative the certificate is the distance
    /// itself, with a positive it is far above it.
    /// </summary>
    [Theory, InlineData(-0.8, 1.0), InlineData(0.8, 9.0)]
    public void CertificateIsThatOfTheTheory(double a, double ratio)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(1);
        var x = Draw.Normal(1, 3);
        var runs = SolverRun.Of(new ResidualBlock(LinearBranch.Create(a, 3)), x, 1e-2, 1e-4);
        Assert.Equal(6, runs.Count);
        foreach (var run in runs.Where(run => run.Error > 1e-9))
            Assert.Equal(ratio, run.ErrorBound / run.Error, ratio * 1e-3);
        // From y = (1 + a) x, each iteration shrinks the error by |a| until (1 + a) times it is small enough.
        var plain = runs.Single(run => run is { Solver: "fixed point", Tolerance: 1e-4 });
        double largest = x.abs().max().ToDouble(),
            residual = Math.Abs(a) * (1 + a) * largest;
        Assert.Equal((int)Math.Ceiling(Math.Log(1e-4 / residual) / Math.Log(Math.Abs(a))) + 1, plain.Evaluations);
    }

    [Fact]
    public void EverySolverKeepsItsCertificate()
    {
        using var scope = NewDisposeScope();
        var (flow, x) = Flows.Create("SingleScaleFlow");
        var runs = SolverRun.Of(flow.Transform, x, 1e-1, 1e-3, 1e-6, 1e-9);
        Assert.Equal(12, runs.Count);
        Assert.All(runs, run => Assert.InRange(run.Error, 0, run.ErrorBound));
        foreach (var solver in runs.GroupBy(run => run.Solver))
        {
            Assert.True(
                solver
                    .Zip(solver.Skip(1))
                    .All(pair =>
                        pair.First.Evaluations < pair.Second.Evaluations && pair.First.Error > pair.Second.Error
                    )
            );
            Assert.InRange(solver.Last().Error, 0, 1e-6);
        }
    }
}
