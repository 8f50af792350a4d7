
namespace IResNet.Tests.Inverse;

/// <summary>
/// Anderson's acceleration and Chebyshev's semi-iteration: the same answers and certificates as plain iteration, and
/// where they must be faster.
/// </summary>
public class AccelerationTests
{
    public static TheoryData<string> Solvers => ["Anderson", "Anderson 1", "Anderson 4", "Chebyshev"];

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
            using (no_grad())
                y = block.forward(x).y;
            var result = block.Inverse(y, Create(name, 1e-11));
            Assert.InRange(result.Residual, 0, 1e-11);
            double error = (result.Value - x).flatten(1).norm(1).max().ToDouble();
            Assert.True(
                error <= result.ErrorBound + 1e-12,
                $"{kind}, {activation}: {error:g3} against {result.ErrorBound:g3}"
            );
            Assert.InRange(error, 0, 1e-8);
        }
    }

    /// <summary>
    /// Symmetric J with its spectrum over all of [-L, L], L = 0.97: plain iteration needs ln(eps) / ln(L) steps,
    /// Chebyshev with the right interval 1 / (1 + sqrt(1 - L^2)) for L. Anderson combines few points and is no slower
    /// than plain iteration.
    /// </summary>
    [Fact]
    public void FasterThanPlainIterationOnSymmetricMaps()
    {
        const double L = 0.97;
        var spectrum = linspace(-L, L, 40, dtype: ScalarType.Float64);
        Tensor G(Tensor x) => x * spectrum;
        var y = ones(1, 40, dtype: ScalarType.Float64);
        int Count(InverseSolver solver) => solver.Solve(G, L, y).Iterations;
        int plain = Count(new FixedPoint(1e-8)),
            chebyshev = Count(new Chebyshev(1e-8)),
            anderson = Count(new Anderson(1e-8, memory: 5));
        Assert.InRange(plain, 500, 700);
        Assert.InRange(chebyshev, 60, 110);
        Assert.InRange(anderson, 1, plain / 2);
    }

    /// <summary>
    /// A rotation: eigenvalues far from the real axis, for which Chebyshev's weights are wrong and, unguarded, diverge.
    /// Guarded it converges, in at most twice the plain count: every second evaluation is a plain step.
    /// </summary>
    [Theory, MemberData(nameof(Solvers))]
    public void ConvergesWhereItsAssumptionFails(string name)
    {
        const double L = 0.95;
        var rotation = tensor(
            new double[,]
            {
                { 0, -L },
                { L, 0 },
            }
        );
        Tensor G(Tensor x) => x.mm(rotation.t());
        var y = Draw.Normal(3, 2);
        var exact = linalg.solve(eye(2, dtype: ScalarType.Float64) + rotation, y.t()).t();
        int plain = new FixedPoint(1e-9).Solve(G, L, y).Iterations;
        var result = Create(name, 1e-9).Solve(G, L, y);
        Expect.Near(result.Value, exact, 1e-7, name);
        Assert.InRange(result.Iterations, 1, 2 * plain + 2);
    }

    /// <summary>
    /// The default keeps Algorithm 1's promise, a residual that shrinks by Lip(g) per evaluation, whatever the
    /// eigenvalues, but for the two that its failures cost; and it is hardly slower than that algorithm really is.
    /// Where J is nilpotent, plain iteration ends by itself and only the promise is kept.
    /// </summary>
    [Fact]
    public void ChebyshevIsAsSafeAsPlainIteration()
    {
        const int Trials = 5;
        using var scope = NewDisposeScope();
        foreach (double lipschitz in new[] { 0.1, 0.5, 0.9, 0.97 })
        {
            foreach (string kind in new[] { "symmetric", "skew", "any", "nilpotent", "-L", "L" })
            {
                for (int trial = 0; trial < Trials; trial++)
                {
                    Draw.Seed(trial);
                    var a = Draw.Normal(8, 8);
                    a = kind switch
                    {
                        "symmetric" => a + a.t(),
                        "skew" => a - a.t(),
                        "nilpotent" => a.triu(1),
                        "L" => eye(8, dtype: ScalarType.Float64),
                        "-L" => -eye(8, dtype: ScalarType.Float64),
                        _ => a,
                    };
                    a = a * (lipschitz / OperatorNorm.OfMatrix(a));
                    // A bend, so that the map is not linear.
                    Tensor G(Tensor x) => (0.9 * x + 0.1 * x.sin()).mm(a.t());
                    var y = Draw.Normal(5, 8);
                    var plain = new FixedPoint(1e-9).Solve(G, lipschitz, y);
                    var fast = new Chebyshev(1e-9).Solve(G, lipschitz, y);
                    Expect.Near(fast.Value, plain.Value, 4e-9 / (1 - lipschitz), $"{kind}, {lipschitz}");
                    string what = $"{kind}, {lipschitz}: {fast.Iterations} against {plain.Iterations}";
                    double promise = 1 + Math.Ceiling(Math.Log(1e-9 / G(y).norm().ToDouble()) / Math.Log(lipschitz));
                    Assert.True(fast.Iterations <= promise + 2, $"{what}, promise {promise}");
                    if (kind != "nilpotent")
                        Assert.True(fast.Iterations <= 1.05 * plain.Iterations + 12, what);
                }
            }
        }
    }

    /// <summary>
    /// Where g's own rounding keeps the residual from decreasing to two rounding units, the iteration ends there and
    /// says so, instead of failing.
    /// </summary>
    [Theory, InlineData("fixed point"), InlineData("Chebyshev")]
    public void RoundingInGIsNoFailure(string name)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var y = rand(200, 100) * 2 - 1;
        // Adding and subtracting loses the last bits.
        Tensor G(Tensor x) => 0.6 * (x + 4 - 4);
        double unit = finfo(ScalarType.Float32).eps * y.abs().max().ToDouble();
        var result = Create(name, 0).Solve(G, 0.6, y);
        Assert.InRange(result.Residual, 2 * unit, 8 * unit);
        Assert.InRange(result.Iterations, 1, 300);
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
        Assert.Throws<ArgumentOutOfRangeException>(() => new Chebyshev(-1e-6));
    }

    private static InverseSolver Create(string name, double tolerance) =>
        name switch
        {
            "Anderson" => new Anderson(tolerance),
            "Anderson 1" => new Anderson(tolerance, memory: 1),
            "Anderson 4" => new Anderson(tolerance, memory: 4),
            "Chebyshev" => new Chebyshev(tolerance),
            "fixed point" => new FixedPoint(tolerance),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "Unknown solver."),
        };
}
