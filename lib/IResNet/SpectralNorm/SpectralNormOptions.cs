namespace IResNet;

/// <summary>How the spectral norm of a layer is estimated and enforced (section 2.1, Equation 2).</summary>
public sealed record SpectralNormOptions
{
    /// <summary>c, the bound on each layer's spectral norm, strictly between 0 and 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside (0, 1).</exception>
    public double Coefficient
    {
        get;
        init => field = Guard.Coefficient(value);
    } = 0.9;

    /// <summary>
    /// Power iterations in each training step, warm-started from the last one. The official default is 5, its
    /// classification script uses 1.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int PowerIterations
    {
        get;
        init => field = Guard.AtLeast(value, 0, nameof(PowerIterations));
    } = 5;

    /// <summary>
    /// Added to the divisor max(1, sigma / c) of convolutions larger than 1x1, so that those always shrink a little, as
    /// in the official code.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative or not finite.</exception>
    public double DivisorMargin
    {
        get;
        init =>
            field = value is >= 0 and < double.PositiveInfinity
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(DivisorMargin),
                    value,
                    "The margin must be 0 or positive, or the weights would exceed c."
                );
    } = 1e-5;

    /// <summary>
    /// Off: the weights are used as they are, as in the paper's unconstrained baselines. Nothing then guarantees an
    /// inverse.
    /// </summary>
    public bool Enabled { get; init; } = true;
}
