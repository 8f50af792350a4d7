namespace IResNet;

/// <summary>What is certain about Lip(g): an upper bound, and in which norm.</summary>
/// <param name="Bound">An upper bound of Lip(g) from the norm |x|_p to itself, at every point.</param>
/// <param name="Order">p.</param>
public readonly record struct LipschitzCertificate(double Bound, double Order)
{
    /// <summary>
    /// Whether g contracts for certain, so that its block is invertible (Theorem 1 holds in any norm).
    /// </summary>
    public bool IsContraction => Bound < 1;
}
