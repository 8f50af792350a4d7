namespace IResNet;

/// <summary>Solves x + g(x) = y for a contraction g.</summary>
public abstract class InverseSolver
{
    /// <summary>The solution for a batch.</summary>
    /// <param name="g">The contraction; must not change between calls.</param>
    /// <param name="lipschitz">An upper bound of Lip(g); at or above 1 the result carries no certificate.</param>
    /// <param name="y">A batch of right-hand sides.</param>
    /// <exception cref="NonConvergenceException">The tolerance was not reached.</exception>
    /// <exception cref="NonFiniteException">y holds NaN or an infinity.</exception>
    public abstract InverseResult Solve(Func<Tensor, Tensor> g, double lipschitz, Tensor y);

    /// <summary>The result at an iterate whose residual x + g(x) - y is known (a-posteriori bound of a contraction).</summary>
    private protected static InverseResult Certify(Tensor x, Tensor residual, int iterations, double lipschitz)
    {
        double distance = residual.flatten(1).norm(1).max().ToDouble();
        double bound = lipschitz < 1 ? distance / (1 - lipschitz) : double.PositiveInfinity;
        return new(x, iterations, residual.abs().max().ToDouble(), bound);
    }
}
