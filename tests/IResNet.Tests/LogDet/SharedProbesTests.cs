namespace IResNet.Tests.LogDet;

/// <summary>A batch that several processes divide has the probes, and so the estimates, of the undivided one.</summary>
public class SharedProbesTests
{
    public static TheoryData<string> Kinds => ["gaussian", "rademacher", "coloured"];

    [Theory, MemberData(nameof(Kinds))]
    public void ThePartsMakeTheWhole(string kind)
    {
        using var scope = NewDisposeScope();
        var like = zeros(1, ScalarType.Float64);
        int samples = kind == "coloured" ? 12 : 3;
        long[] whole = [6, 3, 4, 4],
            part = [2, 3, 4, 4];
        var expected = Make(kind).Draw(samples, whole, like).view(samples, 6, 3, 4, 4);
        for (int i = 0; i < 3; i++)
        {
            var drawn = new SharedProbes(Make(kind), i, 3).Draw(samples, part, like).view(samples, 2, 3, 4, 4);
            Assert.True(drawn.equal(expected.narrow(1, 2 * i, 2)).all().ToBoolean());
        }
    }

    [Fact]
    public void TheEstimatesOfThePartsAreThoseOfTheWhole()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var branch = new DenseBranch(4, [8], 0.8);
        branch.to(ScalarType.Float64);
        branch.eval();
        var x = randn(6, 4, ScalarType.Float64);
        foreach (
            var estimator in new LogDetEstimator[]
            {
                new PowerSeries(4, 2),
                new NeumannSeries(4, 2),
                new RussianRoulette(),
            }
        )
        {
            var whole = Of(estimator.Seeded(new Generator(5)), x);
            for (int i = 0; i < 2; i++)
            {
                var part = Of(estimator.Seeded(new Generator(5)).Shared(i, 2), x.narrow(0, 3 * i, 3));
                Assert.True(part.allclose(whole.narrow(0, 3 * i, 3), 1e-12, 1e-12));
            }
            // Without the sharing they are others.
            var alone = Of(estimator.Seeded(new Generator(5)), x.narrow(0, 3, 3));
            Assert.False(alone.allclose(whole.narrow(0, 3, 3), 1e-6, 1e-6));
        }

        Tensor Of(LogDetEstimator estimator, Tensor at)
        {
            var block = new ResidualBlock(branch) { Estimator = estimator };
            block.eval();
            return block.forward(at).logDet.detach();
        }
    }

    private static Probes Make(string kind) =>
        kind switch
        {
            "gaussian" => new GaussianProbes(new Generator(7)),
            "rademacher" => new RademacherProbes(new Generator(7)),
            _ => new ColouredProbes(2, new Generator(7)),
        };
}
