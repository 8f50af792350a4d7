namespace IResNet;

/// <summary>
/// y = x + g(x) with Lip(g) &lt; 1: invertible by Theorem 1, with ln det(I + J_g) by a <see cref="LogDetEstimator"/>
/// and the inverse by fixed-point iteration (Algorithm 1), accelerated unless a solver is given.
/// </summary>
public sealed class ResidualBlock : Bijection
{
    /// <summary>Wraps a branch.</summary>
    /// <param name="branch">g.</param>
    /// <param name="estimator">How the log-determinant is computed; by default <see cref="NeumannSeries"/> with five
    /// terms: the value of the paper's Algorithm 2 and a gradient that costs a fraction. <see cref="PowerSeries"/> is
    /// the paper's own.</param>
    public ResidualBlock(ResidualBranch branch, LogDetEstimator? estimator = null)
        : base(nameof(ResidualBlock))
    {
        Branch = branch;
        Estimator = estimator ?? new NeumannSeries(terms: 5);
        RegisterComponents();
    }

    /// <summary>g.</summary>
    [field: ComponentName(Name = "branch")]
    public ResidualBranch Branch { get; }

    /// <summary>How the log-determinant is computed. <see cref="NoLogDet"/> skips it, as a classifier does.</summary>
    public LogDetEstimator Estimator { get; set; }

    /// <summary>x + g(x) and ln det(I + J_g(x)). In training mode the power iterations advance first.</summary>
    /// <exception cref="ShapeException">x does not fit the branch.</exception>
    public override (Tensor y, Tensor logDet) forward(Tensor x)
    {
        var estimator = EstimatorChoice.Instead(Estimator);
        using var scope = NewDisposeScope();
        using var step = training ? SpectralStep.Begin(Branch.Layers) : null;
        Branch.Check(x);
        var (y, logDet) = Backends.Serve(backend => backend.Step(Branch, estimator, x));
        return (y.MoveToOuterDisposeScope(), logDet.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// The fixed point of x = y - g(x). The effective weights are computed once, not once per iteration.
    /// </summary>
    public override InverseResult Inverse(Tensor y, InverseSolver? solver = null)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var result = (solver ?? new Chebyshev()).Solve(Branch, y);
        result.Value.MoveToOuterDisposeScope();
        if (Branch.Certificate() is not { IsContraction: true, Order: not 2 } certificate)
            return result;
        // The solver knows the 2-norm alone. In the norm in which g contracts the residual says more.
        var residual = result.Value + Branch.AtPresentWeights()(result.Value) - y;
        return result with
        {
            ErrorBound = IteratedNorm.Sizes(residual, certificate.Order).ReadLargest() / (1 - certificate.Bound),
            Order = certificate.Order,
        };
    }

    /// <summary>1 / (1 - Lip(g)) by Lemma 2; infinite if the branch's bound is not below 1.</summary>
    public override double InverseLipschitzBound() =>
        Branch.LipschitzBound() is var lipschitz and < 1 ? 1 / (1 - lipschitz) : double.PositiveInfinity;

    /// <inheritdoc/>
    public override double InverseLipschitzBoundIn(double order) =>
        Branch.Certificate() is { IsContraction: true } certificate && certificate.Order == order
            ? 1 / (1 - certificate.Bound)
            : base.InverseLipschitzBoundIn(order);
}
