
namespace IResNet.Tests.Inverse;

/// <summary>Algorithm 1: its convergence, Equation (1), and the error that it certifies.</summary>
public class FixedPointTests
{
    private const double Rounding = 1e-12;

    /// <summary>
    /// The error after n steps is at most L^n / (1 - L) times the first step, and shrinks by L at least each time.
    /// </summary>
    [Theory, MemberData(nameof(BranchCases.Rows), MemberType = typeof(BranchCases))]
    public void ErrorFallsAsEquation1Says(string kind, ActivationKind activation)
    {
        using var scope = NewDisposeScope();
        var (block, x, y, lipschitz) = Create(kind, activation);
        var firstStep = Norm(block.Inverse(y, FixedPoint.Iterations(1)).Value - y);
        var last = Norm(y - x);
        for (int n = 0; n <= 40; n++)
        {
            var error = Norm(block.Inverse(y, FixedPoint.Iterations(n)).Value - x);
            var bound = firstStep * Math.Pow(lipschitz, n) / (1 - lipschitz) + Rounding;
            Assert.True((error <= bound).all().ToBoolean(), $"after {n} iterations: {error.max().ToDouble():g3}");
            if (n > 0)
                Assert.True((error <= lipschitz * last + Rounding).all().ToBoolean(), $"rate at {n}");
            last = error;
        }
    }

    /// <summary>
    /// For g(x) = -L x the bounds are the errors: one step fewer, or a smaller L, and they would be false.
    /// </summary>
    [Theory, InlineData(0.2), InlineData(0.729), InlineData(0.95)]
    public void BoundsAreSharp(double lipschitz)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(1);
        var block = new ResidualBlock(LinearBranch.Create(-lipschitz, dimensions: 3));
        var x = Draw.Normal(1, 3);
        var y = (1 - lipschitz) * x;
        double firstStep = Norm(block.Inverse(y, FixedPoint.Iterations(1)).Value - y).max().ToDouble();
        for (int n = 0; n <= 10; n++)
        {
            var result = block.Inverse(y, FixedPoint.Iterations(n));
            double error = Norm(result.Value - x).max().ToDouble();
            if (error < 1e-8)
                break;
            double prior = firstStep * Math.Pow(lipschitz, n) / (1 - lipschitz);
            Assert.Equal(1, error / prior, 1e-3);
            Assert.Equal(1, error / result.ErrorBound, 1e-3);
            Assert.True(error > 1.01 * prior * lipschitz);
        }
    }

    /// <summary>What each result says of its own error holds, after any number of iterations.</summary>
    [Theory, MemberData(nameof(BranchCases.Rows), MemberType = typeof(BranchCases))]
    public void ErrorBoundHoldsAfterAnyCount(string kind, ActivationKind activation)
    {
        using var scope = NewDisposeScope();
        var (block, x, y, lipschitz) = Create(kind, activation);
        for (int n = 0; n <= 30; n += 3)
        {
            var result = block.Inverse(y, FixedPoint.Iterations(n));
            double error = Norm(result.Value - x).max().ToDouble();
            Assert.InRange(error, 0, result.ErrorBound + Rounding);
            // Not vacuous: the bound is within (1 + L) / (1 - L) of the error.
            Assert.InRange(result.ErrorBound, 0, (1 + lipschitz) / (1 - lipschitz) * error * 3 + Rounding);
            Assert.Equal(n, result.Iterations);
        }
    }

    [Fact]
    public void CountMeansThatManySteps()
    {
        using var scope = NewDisposeScope();
        var (block, _, y, _) = Create("convolutional", ActivationKind.Elu);
        var x = y;
        for (int n = 0; n < 7; n++)
        {
            Expect.Near(block.Inverse(y, FixedPoint.Iterations(n)).Value, x, 0, $"{n} iterations");
            x = y - block.Branch.forward(x);
        }
    }

    /// <summary>Stops at the first iterate within the tolerance.</summary>
    [Theory, InlineData(1e-2), InlineData(1e-6), InlineData(1e-12)]
    public void ToleranceIsReachedAndNoMore(double tolerance)
    {
        using var scope = NewDisposeScope();
        var (block, _, y, _) = Create("dense", ActivationKind.Elu);
        var result = block.Inverse(y, tolerance);
        Assert.InRange(result.Residual, 0, tolerance);
        Assert.Equal(result.Residual, Expect.MaxAbs(result.Value + block.Branch.forward(result.Value) - y), 1e-15);
        Assert.True(block.Inverse(y, FixedPoint.Iterations(result.Iterations - 2)).Residual > tolerance);
    }

    /// <summary>The default of 1e-6 is within reach of float32, and the point found is that of float64.</summary>
    [Theory, MemberData(nameof(BranchCases.Rows), MemberType = typeof(BranchCases))]
    public void SinglePrecisionReachesTheDefaultTolerance(string kind, ActivationKind activation)
    {
        using var scope = NewDisposeScope();
        var (block, x, y, lipschitz) = Create(kind, activation, seed: 6);
        block.to(ScalarType.Float32);
        block.Branch.Freeze(FrozenNorm.Certified);
        var result = block.Inverse((0.5 * y / y.abs().max()).to(ScalarType.Float32));
        Assert.InRange(result.Residual, 0, 1e-6);
        block.to(ScalarType.Float64);
        block.Branch.Freeze(FrozenNorm.Certified);
        var exact = block.Inverse(0.5 * y / y.abs().max(), tolerance: 1e-13).Value;
        Assert.InRange(Expect.MaxAbs(result.Value - exact), 0, 1e-5 / (1 - lipschitz));
    }

    /// <summary>A tolerance below what rounding allows ends at what it allows, instead of never.</summary>
    [Theory, InlineData(1), InlineData(1e4)]
    public void UnreachableToleranceEndsAtRounding(double scale)
    {
        using var scope = NewDisposeScope();
        var (block, _, y, _) = Create("dense", ActivationKind.Elu);
        block.to(ScalarType.Float32);
        var result = block.Inverse((scale * y).to(ScalarType.Float32), tolerance: 0);
        Assert.InRange(result.Residual, 0, 3 * finfo(ScalarType.Float32).eps * scale * Expect.MaxAbs(y));
    }

    [Fact]
    public void CompositionCarriesErrorsThroughTheRemainingParts()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(3);
        Bijection first = Draw.Prepared(new ResidualBlock(new DenseBranch(3, [6]))),
            middle = Draw.Prepared(new ActNorm(3)),
            last = Draw.Prepared(new ResidualBlock(new DenseBranch(3, [6])));
        var y = Draw.Normal(4, 3);
        const double Tolerance = 1e-3;
        var (c, b) = (last.Inverse(y, Tolerance), (InverseResult?)null);
        b = middle.Inverse(c.Value, Tolerance);
        var a = first.Inverse(b.Value, Tolerance);
        var whole = new Sequence(first, middle, last).Inverse(y, Tolerance);
        Expect.Near(whole.Value, a.Value, 0, "x");
        Assert.Equal(c.Iterations + a.Iterations, whole.Iterations);
        Assert.Equal(Math.Max(c.Residual, a.Residual), whole.Residual);
        Assert.Equal(
            c.ErrorBound * middle.InverseLipschitzBound() * first.InverseLipschitzBound() + a.ErrorBound,
            whole.ErrorBound,
            1e-15
        );
    }

    [Theory, InlineData(-1e-6), InlineData(double.NaN)]
    public void ImpossibleToleranceIsRefused(double tolerance) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new FixedPoint(tolerance));

    [Fact]
    public void ImpossibleCountsAreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new FixedPoint(1e-6, maxIterations: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => FixedPoint.Iterations(-1));
    }

    private static (ResidualBlock block, Tensor x, Tensor y, double lipschitz) Create(
        string kind,
        ActivationKind activation,
        int seed = 5
    )
    {
        var (branch, x) = BranchCases.Create(kind, activation, seed);
        branch.Freeze(FrozenNorm.Certified);
        var block = new ResidualBlock(branch, new NoLogDet());
        block.eval();
        return (block, x, block.forward(x).y.detach(), branch.LipschitzBound());
    }

    private static Tensor Norm(Tensor x) => x.flatten(1).norm(1);
}
