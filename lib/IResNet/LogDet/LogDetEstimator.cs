namespace IResNet;

/// <summary>
/// Computes or estimates ln det(I + J_g) of a residual branch (Equation 4). Lemma 6: the determinant is positive if
/// Lip(g) &lt; 1.
/// </summary>
public abstract class LogDetEstimator
{
    /// <summary>One value per example, shape (n), differentiable in the branch's parameters and in x.</summary>
    /// <param name="g">The branch at a batch of points.</param>
    public abstract Tensor Estimate(Linearization g);
}
