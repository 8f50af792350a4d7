namespace IResNet.Tests.Models;

/// <summary>Equation (3), and what follows from it, for every model.</summary>
public class FlowTests
{
    /// <summary>
    /// Estimators are chosen for a call alone: at the same time one thread evaluates with others than the blocks' own
    /// and another with these.
    /// </summary>
    [Fact]
    public void ChoicesOfEstimatorsDoNotMeet()
    {
        using var scope = NewDisposeScope();
        var flow = Draw.Prepared(new MultiscaleFlow(Flows.Images));
        flow.WithEstimator(new NoLogDet()).Freeze();
        var x = Draw.Normal(2, Flows.Images.Input.Channels, Flows.Images.Input.Height, Flows.Images.Input.Width);
        Tensor Own() => flow.forward(x).detach();
        Tensor Exact() => flow.LogProb(x, _ => new ExactLogDet()).detach();
        var (own, exact) = (Own(), Exact());
        Assert.True(Expect.MaxAbs(own - exact) > 1e-2);
        var found = new (Tensor Own, Tensor Exact)[8];
        Parallel.For(0, found.Length, i =>
        {
            using var inner = NewDisposeScope();
            found[i] = (Own().DetachFromDisposeScope(), Exact().DetachFromDisposeScope());
        });
        foreach (var (one, other) in found)
        {
            Expect.Near(one, own, 1e-12, "own");
            Expect.Near(other, exact, 1e-12, "exact");
        }
        Assert.All(flow.ResidualBlocks, block => Assert.IsType<NoLogDet>(block.Estimator));
    }

    /// <summary>
    /// ln p(x) = ln N(F(x)) + ln |det dF/dx|, with the Gaussian and the determinant taken by other means.
    /// </summary>
    [Theory, MemberData(nameof(Flows.Names), MemberType = typeof(Flows))]
    public void LogProbIsThatOfTheChangeOfVariables(string name)
    {
        using var scope = NewDisposeScope();
        var (flow, x) = Flows.Create(name);
        var z = flow.LatentsOf(x);
        var prior = Assert.IsType<DiagonalGaussian>(flow.Prior);
        var normal = distributions.Normal(prior.Mean, prior.LogStd.exp());
        var expected = normal.log_prob(z.flatten(1)).sum(1) + Jacobians.LogVolume(Jacobians.Of(flow.LatentsOf, x));
        Expect.Near(flow.forward(x), expected, 1e-10, "ln p(x)");
        var (logPrior, logDet) = flow.LogProbTerms(x);
        Expect.Near(logPrior + logDet, expected, 1e-10, "sum of the terms");
    }

    [Theory, MemberData(nameof(Flows.Names), MemberType = typeof(Flows))]
    public void SamplesAreTheInverseOfLatents(string name)
    {
        using var scope = NewDisposeScope();
        var (flow, x) = Flows.Create(name);
        var samples = flow.Sample(5, solver: new FixedPoint(1e-12), generator: new Generator(3));
        Assert.Equal([5, .. x.shape.Skip(1)], samples.shape);
        Expect.Close(
            flow.LatentsOf(samples).flatten(1),
            flow.Prior.Sample(5, generator: new Generator(3)),
            1e-10,
            "latents"
        );
        Expect.Near(
            flow.Sample(5, solver: new FixedPoint(1e-12), generator: new Generator(3)),
            samples,
            0,
            "same seed"
        );
        Assert.True(Expect.MaxAbs(flow.Sample(5, generator: new Generator(4)) - samples) > 0.1);
        Assert.False(samples.requires_grad);
    }

    [Theory, MemberData(nameof(Flows.Names), MemberType = typeof(Flows))]
    public void TemperatureZeroGivesTheModesPreimage(string name)
    {
        using var scope = NewDisposeScope();
        var (flow, _) = Flows.Create(name);
        var cold = flow.Sample(2, temperature: 0, solver: new FixedPoint(1e-12));
        var mode = Assert.IsType<DiagonalGaussian>(flow.Prior).Mean;
        Expect.Near(flow.LatentsOf(cold).flatten(1), mode.expand(2, -1), 1e-10, "latents");
    }

    [Theory, MemberData(nameof(Flows.Names), MemberType = typeof(Flows))]
    public void ImpossibleSamplesAreRefused(string name)
    {
        using var scope = NewDisposeScope();
        var (flow, _) = Flows.Create(name);
        Assert.Throws<ArgumentOutOfRangeException>(() => flow.Sample(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => flow.Sample(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => flow.Sample(1, temperature: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => flow.Sample(1, temperature: double.NaN));
    }

    /// <summary>
    /// The stochastic estimate's mean is the exact log-determinant, but for a truncation that twenty terms make
    /// negligible. Where nothing is estimated, as in Glow, every value is exact.
    /// </summary>
    [Theory, MemberData(nameof(Flows.Names), MemberType = typeof(Flows))]
    public void StochasticLogProbAgreesInTheMean(string name)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (flow, x) = Flows.Create(name, batch: 1);
        double exact = flow.forward(x).ToDouble();
        flow.WithEstimator(new PowerSeries(20, 1, new GaussianProbes(new Generator(7))));
        var values = flow.forward(x.expand([2000, .. x.shape.Skip(1)]));
        if (flow.ResidualBlocks.Count == 0)
            Expect.Near(values, full_like(values, exact), 1e-10, "ln p(x)");
        else
            Statistics.MeanIs(exact, values, "ln p(x)");
    }

    [Theory, MemberData(nameof(Flows.Names), MemberType = typeof(Flows))]
    public void PriorDrawsWhatItScores(string name)
    {
        using var scope = NewDisposeScope();
        var (flow, _) = Flows.Create(name);
        var prior = Assert.IsType<DiagonalGaussian>(flow.Prior);
        var z = prior.Sample(20_000, generator: new Generator(2));
        Statistics.MeanIs(prior.Mean[0].ToDouble(), z.select(1, 0), "mean");
        Statistics.VarianceIs(Math.Exp(2 * prior.LogStd[0].ToDouble()), z.select(1, 0), "variance");
        // The mean of ln p under p is minus the entropy.
        double entropy = prior.LogStd.sum().ToDouble() + 0.5 * z.size(1) * (1 + Math.Log(2 * Math.PI));
        Statistics.MeanIs(-entropy, prior.forward(z), "entropy");
    }

    [Fact]
    public void ImpossibleConfigurationsAreRefused()
    {
        var good = Flows.Images;
        foreach (
            var wrong in new[]
            {
                good with
                {
                    Blocks = [1],
                },
                good with
                {
                    Blocks = [],
                    Strides = [],
                    Hidden = [],
                },
                good with
                {
                    Hidden = [4, 4, 4],
                },
            }
        )
        {
            Assert.Throws<ArgumentException>(() => new SingleScaleFlow(wrong));
            Assert.Throws<ArgumentException>(() => new MultiscaleFlow(wrong));
        }
        foreach (
            var wrong in new[]
            {
                good with
                {
                    Strides = [3, 1],
                },
                good with
                {
                    Blocks = [0, 1],
                },
                good with
                {
                    Hidden = [4, 0],
                },
                good with
                {
                    Padding = -1,
                },
                good with
                {
                    LogitAlpha = 0.5,
                },
                good with
                {
                    Input = new(0, 4, 4),
                },
                good with
                {
                    Input = new(1, 0, 4),
                },
                good with
                {
                    Input = new(1, 4, -2),
                },
            }
        )
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => new SingleScaleFlow(wrong));
            Assert.Throws<ArgumentOutOfRangeException>(() => new MultiscaleFlow(wrong));
        }
        Assert.Throws<ShapeException>(() => new SingleScaleFlow(good with { Input = new(1, 5, 4) }));
        Assert.Throws<ShapeException>(() => new MultiscaleFlow(good with { Input = new(1, 4, 7) }));
        // One channel cannot be halved.
        Assert.Throws<ShapeException>(() => new MultiscaleFlow(good with { Strides = [1, 1] }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ToyFlow(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ToyFlow(1, [4], dimensions: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Classifier(good, classes: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DiagonalGaussian(0));
    }
}
