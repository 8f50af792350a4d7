
namespace IResNet.Tests.LogDet;

/// <summary>Arnoldi's quadratic forms of log(I + J), and the bound of their bias, against the full Jacobian.</summary>
public class ArnoldiTests
{
    private const double Rounding = 1e-11;

    /// <summary>
    /// With as many steps as dimensions the form is exact; with fewer its error is below the bound, and the bound
    /// shrinks.
    /// </summary>
    [Theory, MemberData(nameof(BranchCases.Rows), MemberType = typeof(BranchCases))]
    public void ErrorIsBelowTheBound(string kind, ActivationKind activation)
    {
        using var scope = NewDisposeScope();
        var (g, probe, exact) = Create(kind, activation);
        double last = double.PositiveInfinity;
        foreach (int steps in new[] { 1, 2, 3, 5, 8, 12, (int)g.Dimensions })
        {
            var repeats = new Arnoldi(steps, 1, probe).Repeat(g, 1);
            var bound = tensor([.. repeats.BiasBounds]);
            var error = (repeats.Value(g) - exact).abs();
            Assert.True(
                (error <= bound + Rounding).all().ToBoolean(),
                $"{steps} steps: {error.max().ToDouble():g3} against {bound.max().ToDouble():g3}"
            );
            double largest = bound.max().ToDouble();
            Assert.True(largest <= last + Rounding, $"{steps} steps");
            last = largest;
        }
        Assert.InRange(last, 0, Rounding);
    }

    /// <summary>
    /// The bound says something: it is within a factor of the error, and for a smaller Lipschitz constant than the true
    /// one it would be false. J = L R with a rotation R, for which v.log(I + J) v after one step is ln(1 + 0) and
    /// exactly ln(1 + L^2) / 2 per unit.
    /// </summary>
    [Fact]
    public void BoundIsNotVacuous()
    {
        const double L = 0.8;
        double exact = Math.Log(1 + L * L) / 2;
        // One step on a rotation: H = (0), and the entry below is L.
        var (value, bound) = new HessenbergLog(L).QuadraticForm([0], 1, L);
        Assert.Equal(0, value, 1e-14);
        Assert.InRange(bound, exact, 6 * exact);
        Assert.True(new HessenbergLog(0.2).QuadraticForm([0], 1, L).Bound < exact);
        Assert.Equal(double.PositiveInfinity, new HessenbergLog(1).QuadraticForm([0], 1, L).Bound);
    }

    /// <summary>The quadrature is the logarithm, for eigenvalues over the whole disc that blocks can reach.</summary>
    [Theory, InlineData(0.95), InlineData(-0.95), InlineData(0.5), InlineData(-1e-9), InlineData(0)]
    public void FormOfANumberIsItsLogarithm(double x) =>
        Assert.Equal(Math.Log(1 + x), new HessenbergLog(Math.Abs(x)).QuadraticForm([x], 1, 0).Value, 1e-12);

    /// <summary>
    /// A spectrum over [-0.7, 0.7]: m products are exact for polynomials of degree 2 m - 1 and come closer than so many
    /// terms of the series.
    /// </summary>
    [Theory, InlineData(3, 5), InlineData(5, 9)]
    public void FewerProductsThanTheSeries(int steps, int terms)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Draw.Seed(6);
        var eigenvalues = linspace(-0.7, 0.7, 30, dtype: ScalarType.Float64);
        var vectors = linalg.qr(Draw.Normal(30, 30)).Q;
        var g = LinearBranch.Create(vectors.mm(eigenvalues.diag()).mm(vectors.t())).Linearize(Draw.Normal(1, 30));
        var v = Draw.Normal(1, 30);
        var exact = (v.mm(vectors).square() * (1 + eigenvalues).log()).sum(1);
        double arnoldi = Expect.MaxAbs(new Arnoldi(steps, 1, new FixedProbes(v)).Evaluate(g).Value - exact);
        double series = Expect.MaxAbs(new PowerSeries(terms, 1, new FixedProbes(v)).Estimate(g) - exact);
        Assert.True(arnoldi < series, $"{arnoldi:g3} against {series:g3}");
    }

    /// <summary>
    /// A Krylov space that ends early, at a fixed vector of J or a zero Jacobian, gives the exact form and no NaN.
    /// </summary>
    [Theory, InlineData(0.7), InlineData(0.0), InlineData(-0.7)]
    public void ExhaustedSpaces(double factor)
    {
        using var scope = NewDisposeScope();
        var branch = LinearBranch.Create(factor, dimensions: 3);
        using var noGrad = no_grad();
        var result = new Arnoldi(6).Evaluate(branch.Linearize(Draw.Normal(2, 3)));
        Expect.Near(result.Value, full(2, 3 * Math.Log(1 + factor), dtype: ScalarType.Float64), 1e-12, "value");
        Assert.InRange(result.BiasBound, 0, 1e-12);
    }

    /// <summary>More probes than fit at once are taken in turn, with the same result.</summary>
    [Fact]
    public void AveragesOverProbes()
    {
        using var scope = NewDisposeScope();
        var (g, _, _) = Create("dense", ActivationKind.Elu);
        var together = new Arnoldi(4, 3, new RademacherProbes(new Generator(5))).Evaluate(g).Value;
        var draws = new RademacherProbes(new Generator(5)).Draw(3, g.Shape, g.Value).chunk(3);
        var single =
            draws.Select(v => new Arnoldi(4, 1, new FixedProbes(v)).Evaluate(g).Value).Aggregate((a, b) => a + b) / 3;
        Expect.Near(together, single, 1e-12, "mean");
    }

    /// <summary>
    /// The standard error is infinite where one estimate says nothing of its scatter, 0 where the trace is exact, and
    /// with many independent probes that of their mean.
    /// </summary>
    [Fact]
    public void StandardErrorIsThatOfTheProbes()
    {
        using var scope = NewDisposeScope();
        var (g, _, _) = Create("convolutional", ActivationKind.Elu);
        Assert.Equal(double.PositiveInfinity, new Arnoldi(4).Evaluate(g).StandardError);
        var coloured = new ColouredProbes(1);
        Assert.Equal(
            double.PositiveInfinity,
            new Arnoldi(4, coloured.Colours(g.Shape), coloured).Evaluate(g).StandardError
        );
        var complete = new ColouredProbes((int)g.Dimensions);
        Assert.Equal(0, new Arnoldi(4, (int)g.Dimensions, complete).Evaluate(g).StandardError);
        const int Samples = 4000;
        double Stated(int samples) => new Arnoldi(4, samples).Evaluate(g).StandardError;
        var exact = new ExactLogDet().Estimate(g);
        double one = (new Arnoldi(4, Samples).Repeat(g, 1).Value(g) - exact).abs().max().ToDouble();
        Assert.InRange(one, 0, 4 * Stated(Samples) + 1e-4);
        Assert.InRange(Stated(Samples / 4) / Stated(Samples), 1.8, 2.2);
    }

    [Fact]
    public void NoContractionIsSaid()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var branch = LinearBranch.Create(-1.5 * eye(2, dtype: ScalarType.Float64));
        Assert.Throws<NonFiniteException>(() => new Arnoldi(2).Evaluate(branch.Linearize(Draw.Normal(1, 2))));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Arnoldi(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Arnoldi(1, 0));
    }

    /// <summary>
    /// A branch at some points, one Gaussian probe for each, and the exact form from the logarithm of the full matrix.
    /// </summary>
    private static (Linearization g, Probes probe, Tensor exact) Create(string kind, ActivationKind activation)
    {
        var (branch, x) = BranchCases.Create(kind, activation, seed: 12);
        branch.Freeze();
        using var noGrad = no_grad();
        var g = branch.Linearize(x);
        var v = randn_like(x);
        var (j, u) = (g.Jacobian(), v.reshape(x.size(0), -1, 1));
        // The power series to convergence: |J| is at most 0.9^3.
        var (power, sum) = (u, zeros_like(u));
        for (int k = 1; k <= 200; k++)
        {
            power = j.bmm(power);
            sum = sum + power * ((k % 2 == 1 ? 1.0 : -1.0) / k);
        }
        return (g, new FixedProbes(v), (u * sum).flatten(1).sum(1));
    }
}
