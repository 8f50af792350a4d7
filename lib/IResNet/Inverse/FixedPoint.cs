namespace IResNet;

/// <summary>
/// Algorithm 1: x := y - g(x), starting from x = y. Converges for every y at rate Lip(g), Equation (1). Either to a tolerance, or for a fixed number of iterations
/// as the paper and the official code do (100 for reconstructions, 10 for samples).
/// </summary>
public sealed class FixedPoint : InverseSolver
{
    private readonly bool _fixedCount;
    private readonly double _tolerance;
    private readonly int _iterations;

    /// <summary>Iterates until |x + g(x) - y| is at most the tolerance in every element.</summary>
    /// <param name="tolerance">
    /// Largest residual accepted, at least 0. Below twice the rounding unit of y's largest element it is raised to that, since no iteration can do better.
    /// </param>
    /// <param name="maxIterations">When to give up.</param>
    public FixedPoint(double tolerance = 1e-6, int maxIterations = 1000)
    {
        if (!(tolerance >= 0)) throw new ArgumentOutOfRangeException(nameof(tolerance), tolerance, "The tolerance must be 0 or positive.");
        (_tolerance, _iterations) = (tolerance, Guard.AtLeast(maxIterations, 1, nameof(maxIterations)));
    }

    private FixedPoint(int count) => (_fixedCount, _iterations) = (true, count);

    /// <summary>Exactly <paramref name="count"/> iterations, whatever finite point they reach.</summary>
    public static FixedPoint Iterations(int count) => new(Guard.AtLeast(count, 0, nameof(count)));

    /// <inheritdoc/>
    public override InverseResult Solve(Func<Tensor, Tensor> g, double lipschitz, Tensor y)
    {
        Guard.NonEmpty(y);
        Guard.Finite(y, "The point to invert");
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return _fixedCount ? ByCount(g, lipschitz, y) : ToTolerance(g, lipschitz, y);
    }

    private InverseResult ByCount(Func<Tensor, Tensor> g, double lipschitz, Tensor y)
    {
        var x = y.alias();
        for (int i = 0; i < _iterations; i++) x = Advance(x, Step(g, x, y));
        using var residual = x - Step(g, x, y);
        if (!isfinite(residual).all().ToBoolean())
            throw new NonConvergenceException(
                $"Fixed-point iteration left the range of numbers within {_iterations} iterations, Lip(g) at most {lipschitz:g4}: g is no contraction. " +
                "Freeze the model with certified norms, or take fewer iterations.", _iterations, residual.abs().max().ToDouble());
        return Certify(x.MoveToOuterDisposeScope(), residual, _iterations, lipschitz);
    }

    private InverseResult ToTolerance(Func<Tensor, Tensor> g, double lipschitz, Tensor y)
    {
        double reachable = 2 * finfo(y.dtype).eps * y.abs().max().ToDouble();
        double tolerance = Math.Max(_tolerance, reachable), largest = double.PositiveInfinity;
        var x = y.alias();
        int done = 0;
        while (done == 0 || (done < _iterations && double.IsFinite(largest)))
        {
            var next = Step(g, x, y);
            done++;
            using var residual = x - next;
            largest = residual.abs().max().ToDouble();
            if (largest <= tolerance) return Certify(x.MoveToOuterDisposeScope(), residual, done, lipschitz);
            x = Advance(x, next);
        }
        throw new NonConvergenceException(
            $"Fixed-point iteration stopped at residual {largest:g3} after {done} iterations, tolerance {tolerance:g3}, Lip(g) at most {lipschitz:g4}. " +
            "Freeze the model with certified norms, use float64, raise the tolerance, or ask for a fixed count with FixedPoint.Iterations.",
            done, largest);
    }

    private static Tensor Advance(Tensor old, Tensor next)
    {
        old.Dispose();
        return next;
    }

    /// <summary>y - g(x), in a scope of its own so that memory stays that of one iteration.</summary>
    private static Tensor Step(Func<Tensor, Tensor> g, Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        return (y - g(x)).MoveToOuterDisposeScope();
    }
}
