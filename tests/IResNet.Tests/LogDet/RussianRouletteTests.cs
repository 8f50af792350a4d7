
namespace IResNet.Tests.LogDet;

/// <summary>
/// Unbiasedness by enumerating n against the full Jacobian and by intervals, gradients by finite differences, and what
/// is refused.
/// </summary>
public class RussianRouletteTests
{
    // So rare, and so long a series, that what is left out is below rounding.
    private const double Rare = 1e-30;

    public static TheoryData<string, RouletteGradient, int> Cases =>
        new(
            from distribution in new[] { "geometric", "Poisson" }
            from gradient in Enum.GetValues<RouletteGradient>()
            from exactTerms in new[] { 0, 2 }
            select new TheoryDataRow<string, RouletteGradient, int>(distribution, gradient, exactTerms)
        );

    /// <summary>
    /// The mean over n, every n weighted with its probability, and over the unit vectors as probes is ln det of the
    /// full matrix; without the weights it is not.
    /// </summary>
    [Theory, MemberData(nameof(Cases))]
    public void MeanOverAllDrawsIsTheLogDeterminant(string distribution, RouletteGradient gradient, int exactTerms)
    {
        using var scope = NewDisposeScope();
        var (g, v, exact) = Create();
        var roulette = new RussianRoulette(Distribution(distribution), exactTerms, gradient: gradient);
        Expect.Near(Enumerate(roulette.Distribution, n => roulette.Estimate(g, v, [n]).mean()), exact, 1e-12, "mean");
        var unweighted = Enumerate(roulette.Distribution, n =>
            new PowerSeries(Math.Max(1, n + exactTerms), 1, new FixedProbes(v)).Estimate(g).mean()
        );
        Assert.True(Expect.MaxAbs(unweighted - exact) > 1e-6);
    }

    /// <summary>The gradient likewise: the weighted mean over n is that of the exact log-determinant.</summary>
    [Theory, MemberData(nameof(Cases))]
    public void MeanGradientIsThatOfTheLogDeterminant(string distribution, RouletteGradient gradient, int exactTerms)
    {
        using var scope = NewDisposeScope();
        var (branch, x) = Branch();
        var roulette = new RussianRoulette(Distribution(distribution), exactTerms, gradient: gradient);
        var v = Units(x);
        var expected = Gradient(branch, x, g => new ExactLogDet().Estimate(g).mean());
        Tensor Mean(double sign) =>
            Enumerate(roulette.Distribution, n => Gradient(branch, x, g => sign * roulette.Estimate(g, v, [n]).mean()));
        Expect.Near(Mean(1), expected, 1e-11 * Expect.MaxAbs(expected), "gradient");
        Assert.True(Expect.MaxAbs(Mean(-1) - expected) > 0.1 * Expect.MaxAbs(expected));
    }

    /// <summary>
    /// Two draws of n in one estimate: the mean over all pairs is the log-determinant as well, and the estimate is the
    /// mean of the two single ones.
    /// </summary>
    [Fact]
    public void SeveralDrawsAreAveraged()
    {
        using var scope = NewDisposeScope();
        var (g, v, exact) = Create();
        var roulette = new RussianRoulette(new PoissonTerms(), draws: 2, gradient: RouletteGradient.Basic);
        var pairs = Enumerate(
            roulette.Distribution,
            n => Enumerate(roulette.Distribution, m => roulette.Estimate(g, v, [n, m]).mean(), 1e-16),
            1e-16
        );
        Expect.Near(pairs, exact, 1e-12, "mean over pairs");
        Expect.Near(
            roulette.Estimate(g, v, [1, 6]),
            (roulette.Estimate(g, v, [1]) + roulette.Estimate(g, v, [6])) / 2,
            1e-13,
            "one pair"
        );
    }

    /// <summary>
    /// The value is the same in every form for the same n and probe, and never the scalar whose gradient is taken.
    /// </summary>
    [Theory, InlineData(0), InlineData(1), InlineData(5)]
    public void TheSurrogateIsNoValue(int n)
    {
        using var scope = NewDisposeScope();
        var (g, _, _) = Create();
        var v = Draw.Normal([.. g.Shape]);
        var basic = new RussianRoulette(gradient: RouletteGradient.Basic).Estimate(g, v, [n]);
        foreach (var gradient in new[] { RouletteGradient.Neumann, RouletteGradient.TransposedNeumann })
        {
            var roulette = new RussianRoulette(gradient: gradient);
            Expect.Near(roulette.Estimate(g, v, [n]), basic, 1e-12, "value");
            Assert.True(Expect.MaxAbs(roulette.Surrogate(g, v, [n]) - basic) > 1e-3);
            using (no_grad())
                Expect.Near(roulette.Estimate(g, v, [n]), basic, 1e-12, "value without gradients");
        }
    }

    /// <summary>
    /// Examples with weights of their own: each one's gradient has its own weight, which the memory-saving backward
    /// pass of the official code gets wrong.
    /// </summary>
    [Theory, InlineData(RouletteGradient.Basic), InlineData(RouletteGradient.Neumann)]
    [InlineData(RouletteGradient.TransposedNeumann)]
    public void ExamplesKeepTheirWeights(RouletteGradient gradient)
    {
        using var scope = NewDisposeScope();
        var (branch, x) = Branch(batch: 3);
        var roulette = new RussianRoulette(gradient: gradient);
        var v = Draw.Normal(x.shape);
        double[] weights = [2, -1, 0.5];
        var together = Gradient(branch, x, g => (roulette.Estimate(g, v, [4]) * tensor(weights)).sum());
        var apart = Enumerable
            .Range(0, 3)
            .Select(i => Gradient(branch, x, g => weights[i] * roulette.Estimate(g, v, [4])[i]))
            .Aggregate((a, b) => a + b);
        Expect.Near(together, apart, 1e-12, "gradient");
    }

    /// <summary>Through all terms the value's own derivative, by finite differences.</summary>
    [Theory, InlineData("geometric"), InlineData("Poisson")]
    public void BasicGradientIsTheDerivative(string distribution)
    {
        using var scope = NewDisposeScope();
        var (branch, x) = Branch(batch: 2);
        x.requires_grad_();
        var v = Draw.Normal(x.shape);
        var roulette = new RussianRoulette(Distribution(distribution), gradient: RouletteGradient.Basic);
        GradientCheck.First(
            () => roulette.Estimate(branch.Linearize(x), v, [1, 3]),
            branch
                .named_parameters()
                .ToDictionary(pair => pair.name, pair => (Tensor)pair.parameter)
                .Append(new("x", x))
                .ToDictionary(pair => pair.Key, pair => pair.Value)
        );
    }

    /// <summary>
    /// Random draws and probes: the mean of four thousand estimates is within four standard errors of the
    /// log-determinant, in training and in evaluation, which scatters far less by the number of terms.
    /// </summary>
    [Theory, InlineData("geometric"), InlineData("Poisson")]
    public void MeanOfRandomEstimates(string distribution)
    {
        const int Repeats = 4000;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Draw.Seed(2);
        // Eigenvalues at -0.5 and, by the part that is not diagonal, complex ones: probes scatter as well.
        var j = -0.5 * eye(4, dtype: ScalarType.Float64) + 0.005 * Draw.Normal(4, 4);
        var g = LinearBranch.Create(j).Linearize(zeros(1, 4, ScalarType.Float64));
        double exact = new ExactLogDet().Estimate(g).ToDouble();
        using var generator = new Generator(4);
        var training = new RussianRoulette(Distribution(distribution), exactTerms: 2).Seeded(generator);
        Tensor Estimates(LogDetEstimator estimator) =>
            stack([.. Enumerable.Range(0, Repeats).Select(_ => estimator.Estimate(g).squeeze(0))]);
        var (few, many) = (Estimates(training), Estimates(training.ForEvaluation()));
        Statistics.MeanIs(exact, few, "training");
        Statistics.MeanIs(exact, many, "evaluation");
        Assert.True(many.std().ToDouble() < 0.7 * few.std().ToDouble(), $"{many.std()} {few.std()}");
        // The control: five terms without weights are many standard errors off.
        var biased = new PowerSeries(5, 1, new RademacherProbes(generator));
        Assert.True(Statistics.MeanDeviation(exact, Estimates(biased)) > 2 * Statistics.StandardErrors);
    }

    /// <summary>
    /// A set of coloured probes counts as one: with a colour for each dimension traces are exact, and the mean over n
    /// is each example's log-determinant.
    /// </summary>
    [Theory]
    [InlineData(RouletteGradient.Basic), InlineData(RouletteGradient.Neumann)]
    public void ColouredProbesAreTakenAsASet(RouletteGradient gradient)
    {
        using var scope = NewDisposeScope();
        var (branch, x) = Branch(batch: 3);
        var g = branch.Linearize(x);
        var law = new GeometricTerms();
        var mean = Enumerate(law, n =>
            new RussianRoulette(new Drawn(law, n), 2, gradient: gradient, probes: new ColouredProbes(1)).Estimate(g)
        );
        Expect.Near(mean, new ExactLogDet().Estimate(g), 1e-12, "mean");
    }

    /// <summary>Draws come from the generator that is given last, unless one was given at first.</summary>
    [Fact]
    public void SeedDecides()
    {
        using var scope = NewDisposeScope();
        var (g, _, _) = Create();
        Tensor Estimate(LogDetEstimator roulette, ulong seed) => roulette.Seeded(new Generator(seed)).Estimate(g);
        Expect.Near(Estimate(new RussianRoulette(), 1), Estimate(new RussianRoulette(), 1), 0, "same seed");
        Assert.True(Expect.MaxAbs(Estimate(new RussianRoulette(), 1) - Estimate(new RussianRoulette(), 2)) > 0);
        RussianRoulette Own() => new(generator: new Generator(7));
        Expect.Near(Estimate(Own(), 1), Estimate(Own(), 2), 0, "its own generator");
    }

    [Fact]
    public void EvaluationTakesTwentyExactTerms()
    {
        var roulette = new RussianRoulette(new PoissonTerms(3), draws: 2);
        var evaluation = Assert.IsType<RussianRoulette>(roulette.ForEvaluation());
        Assert.Equal(
            (20, 2, roulette.Distribution),
            (evaluation.ExactTerms, evaluation.Draws, evaluation.Distribution)
        );
        Assert.Equal((0.0, double.PositiveInfinity), (roulette.BiasBound(0.9, 10), roulette.BiasBound(1, 10)));
    }

    /// <summary>
    /// The scatter of an eigenvalue's share, against the variance over all n computed term by term; with several draws
    /// its square is divided by their number.
    /// </summary>
    [Theory, InlineData("geometric", 0.6), InlineData("Poisson", 0.6), InlineData("geometric", 0.3)]
    public void ScatterIsTheDeviationOverDraws(string distribution, double lipschitz)
    {
        const int ExactTerms = 1;
        var roulette = new RussianRoulette(Distribution(distribution), ExactTerms);
        double Value(int n)
        {
            double sum = 0;
            for (int k = 1; k <= n + ExactTerms; k++)
                sum -= Math.Pow(lipschitz, k) / k / roulette.Distribution.Survival(k - ExactTerms);
            return sum;
        }
        double mean = Math.Log(1 - lipschitz),
            variance = 0;
        int last = Enumerable.Range(0, 100).Last(n => roulette.Distribution.Survival(n) >= 1e-9);
        for (int n = 0; n <= last; n++)
        {
            // Longer series than the last that is not too rare count as this one.
            double probability =
                n < last ? Probability(roulette.Distribution, n) : roulette.Distribution.Survival(last);
            variance += probability * Math.Pow(Value(n) - mean, 2);
        }
        Assert.Equal(1, roulette.Scatter(lipschitz) / (Math.Sqrt(variance) / -mean), 1e-4);
        double four = new RussianRoulette(roulette.Distribution, ExactTerms, draws: 4).Scatter(lipschitz);
        Assert.Equal(0.5, four / roulette.Scatter(lipschitz), 1e-12);
        Assert.Equal((0, double.PositiveInfinity), (roulette.Scatter(0), roulette.Scatter(1)));
    }

    /// <summary>A bound close to 1 is warned of, with the number of exact terms that helps.</summary>
    [Fact]
    public void ABoundCloseToOneIsSaid()
    {
        RussianRoulette WithTerms(int exact) => new(new GeometricTerms(0.5), exact);
        var roulette = WithTerms(2);
        Assert.Null(roulette.Warning(0.6));
        int enough = Enumerable.Range(2, 50).First(e => WithTerms(e).Scatter(0.85) <= 1);
        Assert.InRange(enough, 5, 20);
        Assert.Contains($"Take {enough} exact terms", roulette.Warning(0.85), StringComparison.Ordinal);
        Assert.Null(WithTerms(enough).Warning(0.85));
        Assert.NotNull(WithTerms(enough - 1).Warning(0.85));
        Assert.Contains("too close to 1", roulette.Warning(0.9999), StringComparison.Ordinal);
    }

    /// <summary>
    /// Blocks of a pass share the draws where asked, so that its cost is one random number's; the mean is the same.
    /// </summary>
    [Fact]
    public void BlocksCanShareTheDraws()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var counted = new Counted();
        var flow = new ToyFlow(5, [4], new SpectralNormOptions { Coefficient = 0.5 });
        flow.eval();
        var x = randn(3, 2);
        flow.WithEstimator(new RussianRoulette(counted));
        flow.forward(x);
        Assert.Equal(5, counted.Drawn);
        flow.WithEstimator(new RussianRoulette(counted, shared: true).Seeded(new Generator(1)));
        flow.forward(x);
        Assert.Equal(6, counted.Drawn);
        flow.LogProb(x, own => own.ForEvaluation());
        Assert.Equal(7, counted.Drawn);
        // A block by itself has a draw of its own.
        flow.ResidualBlocks[0].forward(x);
        Assert.Equal(8, counted.Drawn);
    }

    /// <summary>As many exact terms as a bound needs, and no more.</summary>
    [Fact]
    public void ExactTermsFollowFromTheBound()
    {
        var roulette = new RussianRoulette();
        int enough = roulette.ExactTermsFor(0.9)!.Value;
        Assert.InRange(new RussianRoulette(exactTerms: enough).Scatter(0.9), 0, 1);
        Assert.True(new RussianRoulette(exactTerms: enough - 1).Scatter(0.9) > 1);
        Assert.Equal(0, roulette.ExactTermsFor(0.1));
        Assert.Null(roulette.ExactTermsFor(1));
    }

    [Fact]
    public void WhatCannotBeIsRefused()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(
            -1,
            Assert.Throws<ArgumentOutOfRangeException>(() => new RussianRoulette(exactTerms: -1)).ActualValue
        );
        Assert.Equal(0, Assert.Throws<ArgumentOutOfRangeException>(() => new RussianRoulette(draws: 0)).ActualValue);
        // A survival function that ends: the terms beyond would never be seen.
        var fault = Assert.Throws<ArgumentException>(() => new RussianRoulette(new UpToThree()));
        Assert.Contains("P(N >= 4) is 0", fault.Message, StringComparison.Ordinal);
        // No exact term where the bound needs one, and where it needs none.
        var far = LinearBranch.Create(0.5, 2).Linearize(Draw.Normal(1, 2));
        var close = LinearBranch.Create(0.95, 2).Linearize(Draw.Normal(1, 2));
        var none = new RussianRoulette(exactTerms: 0);
        none.Estimate(far);
        Assert.Contains(
            "Without an exact term",
            Assert.Throws<ArgumentException>(() => none.Estimate(close)).Message,
            StringComparison.Ordinal
        );
        new RussianRoulette().Estimate(close);
    }

    private static TermDistribution Distribution(string name) =>
        name == "geometric" ? new GeometricTerms() : new PoissonTerms();

    private static double Probability(TermDistribution distribution, int n) =>
        distribution.Survival(n) - distribution.Survival(n + 1);

    /// <summary>The mean over n.</summary>
    private static Tensor Enumerate(TermDistribution distribution, Func<int, Tensor> of, double rare = Rare)
    {
        Tensor? sum = null;
        for (int n = 0; distribution.Survival(n) >= rare && n <= 60; n++)
            if (Probability(distribution, n) is var probability and > 0)
                sum = of(n).detach() * probability + (sum ?? 0);
        return sum!;
    }

    private static (Linearization g, Tensor v, Tensor exact) Create()
    {
        var (branch, x) = Branch();
        var v = Units(x);
        var g = branch.Linearize(x.expand([v.size(0), .. x.shape.Skip(1)]));
        return (g, v, new ExactLogDet().Estimate(branch.Linearize(x)).mean());
    }

    private static (ResidualBranch branch, Tensor x) Branch(long batch = 1)
    {
        Draw.Seed(3);
        var branch = Draw.Prepared(new DenseBranch(4, [8], 0.8, ActivationKind.LipSwish));
        return (branch, Draw.Normal(batch, 4));
    }

    /// <summary>
    /// The unit vectors, so that their mean form is the exact trace: one for each copy of an example.
    /// </summary>
    private static Tensor Units(Tensor x) => eye(4, dtype: x.dtype) * 2;

    private static Tensor Gradient(ResidualBranch branch, Tensor x, Func<Linearization, Tensor> scalar)
    {
        var point = x.detach().clone().requires_grad_();
        Tensor[] inputs = [point, .. branch.parameters()];
        // A single example is copied, once for each probe.
        var g = branch.Linearize(x.size(0) == 1 ? point.expand(4, 4) : point);
        var gradients = autograd.grad([scalar(g)], inputs, allow_unused: true);
        return cat([
            .. gradients.Zip(inputs, (gradient, input) =>
                (gradient.IsInvalid ? zeros_like(input) : gradient).flatten()
            ),
        ]);
    }

    /// <summary>Draws what it is told.</summary>
    private sealed class Drawn(TermDistribution law, int n) : TermDistribution
    {
        public override double Survival(int j) => law.Survival(j);

        public override int Draw(Generator? generator) => n;
    }

    private sealed class Counted : TermDistribution
    {
        public int Drawn { get; private set; }

        public override double Survival(int j) => j <= 0 ? 1 : Math.Pow(0.5, j);

        public override int Draw(Generator? generator)
        {
            Drawn++;
            return base.Draw(generator);
        }
    }

    private sealed class UpToThree : TermDistribution
    {
        public override double Survival(int j) => j <= 1 ? 1 : Math.Max(0, (4 - j) / 3.0);
    }
}
