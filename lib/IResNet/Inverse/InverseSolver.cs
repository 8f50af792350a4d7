using IResNet.Lanes;

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

    /// <summary>
    /// The solution for the contraction g of a branch, with the weights of now, computed once; evaluated by the vector
    /// kernels where they know it.
    /// </summary>
    public virtual InverseResult Solve(ResidualBranch branch, Tensor y)
    {
        using var scope = NewDisposeScope();
        Func<Tensor, Tensor> g = LaneEvaluation.Supports(branch, y)
            ? new LaneEvaluation(branch).Evaluate
            : branch.AtPresentWeights();
        var result = Solve(g, branch.LipschitzBound(), y);
        result.Value.MoveToOuterDisposeScope();
        return result;
    }

    /// <summary>
    /// The result at an iterate whose residual x + g(x) - y is known (a-posteriori bound of a contraction).
    /// </summary>
    protected static InverseResult Certify(Tensor x, Tensor residual, int iterations, double lipschitz) =>
        Certify(x, residual.ReadLargest(), residual.flatten(1).norm(1).ReadLargest(), iterations, lipschitz);

    /// <summary>The same, given the residual's largest element and the largest 2-norm of an example's.</summary>
    protected static InverseResult Certify(Tensor x, double largest, double norm, int iterations, double lipschitz) =>
        new(x, iterations, largest, lipschitz < 1 ? norm / (1 - lipschitz) : double.PositiveInfinity);
}
