namespace IResNet.Experiments.Figures;

/// <summary>
/// The gradient of the truncated log-determinant against the exact one's (Theorem 4): the error in the maximum norm
/// decays like Lip(g)^n. Traces are exact, so that nothing but the truncation is seen.
/// </summary>
/// <param name="Terms">Numbers of terms n.</param>
/// <param name="Errors">max |gradient of the truncated series - gradient of ln det(I + J)| over all parameters, divided
/// by the largest entry of the latter.</param>
/// <param name="Lipschitz">The certified Lip(g).</param>
public sealed record GradientConvergence(IReadOnlyList<int> Terms, IReadOnlyList<double> Errors, double Lipschitz)
{
    /// <summary>The line of the theory through the first error.</summary>
    public IReadOnlyList<double> Theory => GeometricDecay.Line(Terms, Errors[0], Lipschitz);

    /// <summary>By what factor the error shrinks per term, on average.</summary>
    public double Rate => Math.Pow(Errors[^1] / Errors[0], 1.0 / (Terms[^1] - Terms[0]));
}
