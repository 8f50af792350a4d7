namespace IResNet.Tests.LogDet;

/// <summary>
/// Random vectors with mean 0 and covariance I, in the order that estimators and the official code expect.
/// </summary>
public class ProbesTests
{
    [Theory, InlineData("Gaussian", 3.0), InlineData("Rademacher", 1.0)]
    public void MomentsAreRight(string kind, double fourthMoment)
    {
        using var scope = NewDisposeScope();
        var v = Create(kind, 3).Draw(2, [50_000, 3], empty(0, dtype: ScalarType.Float64));
        Assert.Equal([100_000, 3], v.shape);
        for (int i = 0; i < 3; i++)
        {
            Statistics.MeanIs(0, v.select(1, i), "mean");
            Statistics.MeanIs(0, v.select(1, i) * v.select(1, (i + 1) % 3), "covariance");
            if (kind == "Gaussian")
            {
                Statistics.MeanIs(1, v.select(1, i).square(), "variance");
                Statistics.MeanIs(fourthMoment, v.select(1, i).pow(4), "fourth moment");
            }
            else
                Expect.Near(v.abs(), ones_like(v), 0, "signs");
        }
        // Probes of one example, and of neighbouring examples, are independent.
        Statistics.MeanIs(0, v.narrow(0, 0, 50_000) * v.narrow(0, 50_000, 50_000), "covariance of the two samples");
        Statistics.MeanIs(0, v.narrow(0, 0, 49_999) * v.narrow(0, 1, 49_999), "covariance of neighbours");
    }

    /// <summary>
    /// Kernels read and write as many numbers as the batch has: probes of one's own that are fewer would end the
    /// process, or change what lies behind them.
    /// </summary>
    [Theory]
    [InlineData("dense", "Neumann"), InlineData("dense", "power series"), InlineData("dense", "roulette")]
    [InlineData("images", "Neumann"), InlineData("images", "power series"), InlineData("images", "roulette")]
    public void ProbesThatDoNotFitAreRefused(string kind, string name)
    {
        using var scope = NewDisposeScope();
        var (branch, x) =
            kind == "dense"
                ? ((ResidualBranch)new DenseBranch(2, [8]), randn(5, 2))
                : (new ConvBranch(new ImageShape(2, 4, 4), 4), randn(5, 2, 4, 4));
        Refused([3, .. x.shape.Skip(1)], ScalarType.Float32);
        Refused([x.numel()], ScalarType.Float32);
        Refused(x.shape, ScalarType.Float64);
        using var fitting = new ResidualBlock(branch) { Estimator = Estimator(x.shape, ScalarType.Float32) };
        Assert.Equal([5], fitting.forward(x).logDet.shape);

        void Refused(long[] shape, ScalarType type)
        {
            var block = new ResidualBlock(branch) { Estimator = Estimator(shape, type) };
            Assert.Contains(nameof(Misfit), Assert.Throws<ShapeException>(() => block.forward(x)).Message);
        }

        LogDetEstimator Estimator(long[] shape, ScalarType type)
        {
            var probes = new Misfit(shape, type);
            return name switch
            {
                "Neumann" => new NeumannSeries(3, 1, probes),
                "power series" => new PowerSeries(3, 1, probes),
                _ => new RussianRoulette(probes: probes),
            };
        }
    }

    private sealed class Misfit(long[] shape, ScalarType type) : Probes
    {
        public override Tensor Draw(int samples, IReadOnlyList<long> batch, Tensor like) => randn(shape, type);
    }

    /// <summary>
    /// The official code draws (batch, samples, ...); ours lies with all examples of the first sample first.
    /// </summary>
    [Fact]
    public void GaussianProbesKeepTheOfficialOrder()
    {
        using var scope = NewDisposeScope();
        var drawn = randn([4, 2, 3, 5, 5], generator: new Generator(9));
        var v = new GaussianProbes(new Generator(9)).Draw(2, [4, 3, 5, 5], empty(0));
        Assert.Equal([8, 3, 5, 5], v.shape);
        for (int sample = 0; sample < 2; sample++)
            for (int example = 0; example < 4; example++)
                Expect.Near(v[4 * sample + example], drawn[example, sample], 0, $"sample {sample}, example {example}");
    }

    [Theory, InlineData("Gaussian"), InlineData("Rademacher")]
    public void SeedDecides(string kind)
    {
        using var scope = NewDisposeScope();
        var like = empty(0, dtype: ScalarType.Float32);
        var (first, same, other) = (
            Create(kind, 1).Draw(1, [2, 8], like),
            Create(kind, 1).Draw(1, [2, 8], like),
            Create(kind, 2).Draw(1, [2, 8], like)
        );
        Expect.Near(same, first, 0, "same seed");
        Assert.True(Expect.MaxAbs(other - first) > 0);
        Assert.Equal(ScalarType.Float32, first.dtype);
        // Without a generator torch's own stream is used.
        manual_seed(5);
        var free = Create(kind, null).Draw(1, [2, 8], like);
        manual_seed(5);
        Expect.Near(Create(kind, null).Draw(1, [2, 8], like), free, 0, "global seed");
    }

    [Fact]
    public void UnitVectorsGiveExactTraces()
    {
        using var scope = NewDisposeScope();
        var matrix = Draw.Normal(6, 6);
        var v = new UnitVectors().Draw(6, [1, 2, 3], matrix).flatten(1);
        Assert.Equal(matrix.trace().ToDouble(), (v.mm(matrix) * v).sum(1).mean().ToDouble(), 12);
    }

    private static Probes Create(string kind, int? seed)
    {
        var generator = seed is { } s ? new Generator((ulong)s) : null;
        return kind == "Gaussian" ? new GaussianProbes(generator) : new RademacherProbes(generator);
    }
}
