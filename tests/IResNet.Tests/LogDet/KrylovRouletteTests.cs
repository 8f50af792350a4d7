namespace IResNet.Tests.LogDet;

/// <summary>Arnoldi's process with a random number of steps: unbiased, by enumerating n, and of small
/// variance.</summary>
public class KrylovRouletteTests
{
    public static TheoryData<string, int> Cases =>
        [.. from law in new[] { "geometric", "Poisson" } from steps in new[] { 1, 3, 8, 20 } select (law, steps)];

    /// <summary>
    /// The mean over n, each with its probability, and over the unit vectors as probes is ln det of the full Jacobian;
    /// without the weights it is not.
    /// </summary>
    [Theory, MemberData(nameof(Cases))]
    public void MeanOverAllDrawsIsTheLogDeterminant(string law, int steps)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (g, v, exact) = Create();
        var roulette = new KrylovRoulette(Distribution(law), steps);
        Assert.Equal(exact, Mean(roulette.Distribution, n => roulette.Estimate(g, v, n).Average()), 1e-11);
        double unweighted = Mean(
            roulette.Distribution,
            n => new KrylovRoulette(Distribution(law), steps + n).Estimate(g, v, 0).Average()
        );
        if (steps < g.Dimensions / 2)
            Assert.True(Math.Abs(unweighted - exact) > 1e-9, $"{unweighted} {exact}");
    }

    /// <summary>
    /// For the same draws and the same certain products the number of terms scatters the series' estimate more than ten
    /// times as much.
    /// </summary>
    [Theory, InlineData("geometric"), InlineData("Poisson")]
    public void ScattersFarLessThanTheSeries(string law)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (g, v, exact) = Create();
        const int Certain = 3;
        var krylov = new KrylovRoulette(Distribution(law), Certain);
        var series = new RussianRoulette(Distribution(law), Certain, gradient: RouletteGradient.Basic);
        double Deviation(Func<int, double> of) =>
            Math.Sqrt(Mean(krylov.Distribution, n => Math.Pow(of(n) - exact, 2), rare: 1e-6));
        double ours = Deviation(n => krylov.Estimate(g, v, n).Average()),
            theirs = Deviation(n => series.Estimate(g, v, [n]).mean().ToDouble());
        Assert.True(ours < 0.1 * theirs, $"{ours:g3} against {theirs:g3}");
    }

    /// <summary>Random draws and probes: within the stated errors, with nothing left undisposed.</summary>
    [Fact]
    public void EvaluatesWithinItsStatedError()
    {
        using var scope = NewDisposeScope();
        var (g, _, exact) = Create();
        using var generator = new Generator(5);
        var roulette = new KrylovRoulette(samples: 200, probes: new RademacherProbes(generator), generator: generator);
        var estimate = roulette.Evaluate(g);
        Assert.Equal(0, estimate.BiasBound);
        Assert.InRange((estimate.Value.mean().ToDouble() - exact) / estimate.StandardError, -4, 4);
        Assert.InRange(estimate.Products, 200 * 5, 200 * 10);
        Assert.Equal(
            0,
            LiveTensors.Leak(() =>
            {
                using var inner = NewDisposeScope();
                roulette.Evaluate(g);
            })
        );
    }

    /// <summary>A set of coloured probes counts as one: with a colour for each dimension traces are exact.</summary>
    [Fact]
    public void ColouredProbesAreTakenAsASet()
    {
        using var scope = NewDisposeScope();
        var (g, _, exact) = Create();
        var estimate = new KrylovRoulette(new Always(), 12, 1, new ColouredProbes(1)).Evaluate(g);
        Expect.Near(estimate.Value, full_like(estimate.Value, exact), 1e-11, "exact traces and every step");
        Assert.Equal(12 * 12, estimate.Products);
    }

    [Fact]
    public void WhatCannotBeIsRefused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentOutOfRangeException>(() => new KrylovRoulette(steps: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new KrylovRoulette(samples: 0));
        var (g, v, _) = Create();
        var ending = new KrylovRoulette(new Ending(), 1);
        Assert.Contains(
            "P(N >= 3) is 0",
            Assert.Throws<ArgumentException>(() => ending.Estimate(g, v, 5)).Message,
            StringComparison.Ordinal
        );
    }

    private static TermDistribution Distribution(string name) =>
        name == "geometric" ? new GeometricTerms() : new PoissonTerms();

    private static double Mean(TermDistribution distribution, Func<int, double> of, double rare = 1e-14)
    {
        double sum = 0;
        for (int n = 0; distribution.Survival(n) >= rare; n++)
            sum += (distribution.Survival(n) - distribution.Survival(n + 1)) * of(n);
        return sum;
    }

    /// <summary>A branch at one point, copied for each unit vector, whose mean form is the exact trace.</summary>
    private static (Linearization g, Tensor v, double exact) Create()
    {
        const int Dimensions = 12;
        Draw.Seed(3);
        var branch = Draw.Prepared(new DenseBranch(Dimensions, [20], 0.9, ActivationKind.LipSwish));
        branch.Freeze();
        var x = Draw.Normal(1, Dimensions);
        var g = branch.Linearize(x.expand(Dimensions, Dimensions));
        double exact = new ExactLogDet().Estimate(branch.Linearize(x)).mean().ToDouble();
        return (g, eye(Dimensions, dtype: ScalarType.Float64) * Math.Sqrt(Dimensions), exact);
    }

    private sealed class Always : TermDistribution
    {
        public override double Survival(int j) => j <= 1 ? 1 : 0;
    }

    private sealed class Ending : TermDistribution
    {
        public override double Survival(int j) => j <= 2 ? 1 : 0;
    }
}
