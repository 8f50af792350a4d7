namespace IResNet;

/// <summary>
/// How <see cref="RussianRoulette"/> is differentiated. The value is the same for all, and so is the gradient's mean.
/// </summary>
public enum RouletteGradient
{
    /// <summary>
    /// Theorem 2 of Residual Flows in forward mode: v.dJ r with the constant r = sum of (-1)^k w_k J^k v. One product
    /// with a graph; memory does not grow with n.
    /// </summary>
    Neumann,

    /// <summary>
    /// The same by transposed products, s.dJ v with s = sum of (-1)^k w_k (J')^k v, as the official code takes them:
    /// for a probe another gradient than <see cref="Neumann"/>'s.
    /// </summary>
    TransposedNeumann,

    /// <summary>Through all terms of the series; memory grows with their number.</summary>
    Basic,
}
