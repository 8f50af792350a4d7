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

    /// <summary>The solution for the contraction g of a branch, with the weights of now, computed once.</summary>
    /// <param name="branch">g.</param>
    /// <param name="y">A batch of right-hand sides.</param>
    /// <exception cref="ShapeException">y does not fit the branch.</exception>
    /// <exception cref="NonConvergenceException">The tolerance was not reached.</exception>
    /// <exception cref="NonFiniteException">y holds NaN or an infinity.</exception>
    public InverseResult Solve(ResidualBranch branch, Tensor y)
    {
        branch.Check(y);
        Guard.Finite(y, "The point to invert");
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var result = Backends.Serve(backend => backend.Invert(branch, this, y));
        result.Value.MoveToOuterDisposeScope();
        return result;
    }

    /// <summary>
    /// The result at an iterate whose residual x + g(x) - y is known (a-posteriori bound of a contraction).
    /// </summary>
    protected static InverseResult Certify(Tensor x, Tensor residual, int iterations, double lipschitz) =>
        InverseResult.Certified(
            x,
            iterations,
            residual.ReadLargest(),
            residual.flatten(1).norm(1).ReadLargest(),
            lipschitz
        );
}
