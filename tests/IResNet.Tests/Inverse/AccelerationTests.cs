using IResNet.Tests.Blocks;

namespace IResNet.Tests.Inverse;

/// <summary>Anderson's acceleration and Chebyshev's semi-iteration: the same answers and certificates as plain iteration, and where they must be faster.</summary>
public class AccelerationTests
{
    public static TheoryData<string> Solvers => ["Anderson", "Anderson 1", "Anderson 4", "Chebyshev", "Chebyshev 1"];

    /// <summary>For blocks of every kind the point, to the tolerance, with an error bound that holds.</summary>
    [Theory, MemberData(nameof(Solvers))]
    public void InvertsEveryKindOfBlock(string name)
    {
        using var scope = NewDisposeScope();
        foreach (var (kind, activation) in BranchCases.All)
        {
            var (branch, point) = BranchCases.Create(kind, activation, seed: 4, batch: 6);
            var block = new ResidualBlock(branch, new NoLogDet());
            branch.Freeze();
            block.eval();
            var x = 2 * point;
            Tensor y;
            using (no_grad()) y = block.forward(x).y;
            var result = block.Inverse(y, Create(name, 1e-11));
            Assert.InRange(result.Residual, 0, 1e-11);
            double error = (result.Value - x).flatten(1).norm(1).max().ToDouble();
            Assert.True(error <= result.ErrorBound + 1e-12, $"{kind}, {activation}: {error:g3} against {result.ErrorBound:g3}");
            Assert.InRange(error, 0, 1e-8);
        }
    }

    /// <summary>
    /// Symmetric J with its spectrum over all of [-L, L], L = 0.97: plain iteration needs ln(eps) / ln(L) steps, Chebyshev with the right interval 1 / (1 + sqrt(1 - L^2))
    /// for L. Anderson combines few points and is no slower than plain iteration.
    /// </summary>
    [Fact]
    public void FasterThanPlainIterationOnSymmetricMaps()
    {
        const double L = 0.97;
        var spectrum = linspace(-L, L, 40, dtype: ScalarType.Float64);
        Tensor G(Tensor x) => x * spectrum;
        var y = ones(1, 40, dtype: ScalarType.Float64);
        int Count(InverseSolver solver) => solver.Solve(G, L, y).Iterations;
        int plain = Count(new FixedPoint(1e-8)), chebyshev = Count(new Chebyshev(1e-8, share: 1)), anderson = Count(new Anderson(1e-8, memory: 5));
        Assert.InRange(plain, 500, 700);
        Assert.InRange(chebyshev, 60, 110);
        Assert.InRange(anderson, 1, plain / 2);
    }

    /// <summary>
    /// A rotation: eigenvalues far from the real axis, for which Chebyshev's weights are wrong and, unguarded, diverge. Guarded it converges, in at most twice the plain count:
    /// every second evaluation is a plain step.
    /// </summary>
    [Theory, MemberData(nameof(Solvers))]
    public void ConvergesWhereItsAssumptionFails(string name)
    {
        const double L = 0.95;
        var rotation = tensor(new double[,] { { 0, -L }, { L, 0 } });
        Tensor G(Tensor x) => x.mm(rotation.t());
        var y = Draw.Normal(3, 2);
        var exact = linalg.solve(eye(2, dtype: ScalarType.Float64) + rotation, y.t()).t();
        int plain = new FixedPoint(1e-9).Solve(G, L, y).Iterations;
        var result = Create(name, 1e-9).Solve(G, L, y);
        Expect.Near(result.Value, exact, 1e-7, name);
        Assert.InRange(result.Iterations, 1, 2 * plain + 2);
    }

    /// <summary>Where y - g(x) moves every point away, there is an exception and not a number.</summary>
    [Theory, MemberData(nameof(Solvers))]
    public void NoContractionIsSaid(string name)
    {
        Draw.Seed(2);
        var y = Draw.Normal(4, 3);
        Tensor Everywhere(Tensor x) => 2 * x.abs() + 1;
        var fault = Assert.Throws<NonConvergenceException>(() => Create(name, 1e-9).Solve(Everywhere, 2, y));
        Assert.Contains(name.Split(' ')[0], fault.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Solvers))]
    public void LeavesNothingBehind(string name)
    {
        var y = Draw.Normal(4, 3);
        Tensor G(Tensor x) => 0.9 * x.sin();
        void Solve() => Create(name, 1e-10).Solve(G, 0.9, y).Value.Dispose();
        Solve();
        long before = Tensor.TotalCount;
        Solve();
        Assert.True(Tensor.TotalCount <= before);
    }

    [Fact]
    public void ImpossibleSettingsAreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Anderson(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Anderson(memory: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Chebyshev(share: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Chebyshev(share: 1.01));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Chebyshev(-1e-6));
    }

    private static InverseSolver Create(string name, double tolerance) => name switch
    {
        "Anderson" => new Anderson(tolerance),
        "Anderson 1" => new Anderson(tolerance, memory: 1),
        "Anderson 4" => new Anderson(tolerance, memory: 4),
        "Chebyshev" => new Chebyshev(tolerance),
        "Chebyshev 1" => new Chebyshev(tolerance, share: 1),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "Unknown solver."),
    };
}
