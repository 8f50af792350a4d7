namespace IResNet;

/// <summary>
/// Algorithm 1: x := y - g(x), starting from x = y. Converges for every y at rate Lip(g), Equation (1). Either to a
/// tolerance, or for a fixed number of iterations as the paper and the official code do (100 for reconstructions, 10
/// for samples).
/// </summary>
public sealed class FixedPoint : IterativeSolver
{
    private readonly int? _count;

    /// <summary>Iterates until |x + g(x) - y| is at most the tolerance in every element.</summary>
    /// <inheritdoc/>
    public FixedPoint(double tolerance = 1e-6, int maxIterations = 1000)
        : base(tolerance, maxIterations) { }

    private FixedPoint(int count)
        : base(tolerance: 0, maxIterations: 1) => _count = count;

    /// <summary>Exactly <paramref name="count"/> iterations, whatever finite point they reach.</summary>
    public static FixedPoint Iterations(int count) => new(Guard.AtLeast(count, 0, nameof(count)));

    /// <inheritdoc/>
    public override Acceleration Start(double lipschitz) => new None();

    private protected override InverseResult Run(Func<Tensor, Tensor> g, double lipschitz, Tensor y) =>
        _count is int count ? ByCount(g, lipschitz, y, count) : base.Run(g, lipschitz, y);

    private static InverseResult ByCount(Func<Tensor, Tensor> g, double lipschitz, Tensor y, int count)
    {
        var x = y.alias();
        for (int i = 0; i < count; i++)
        {
            var next = Image(g, x, y);
            x.Dispose();
            x = next;
        }
        using var residual = x - Image(g, x, y);
        if (!residual.ReadIsFinite())
            throw new NonConvergenceException(
                $"Fixed-point iteration left the range of numbers within {count} iterations, Lip(g) at most "
                    + $"{lipschitz:g4}: g is no contraction. "
                    + "Freeze the model with certified norms, or take fewer iterations.",
                count,
                residual.ReadLargest()
            );
        return Certify(x.MoveToOuterDisposeScope(), residual, count, lipschitz);
    }

    private sealed class None : Acceleration
    {
        public override Tensor? Next(Tensor x, Tensor image, Tensor residual, double norm) => null;

        public override void Restart() { }
    }
}
