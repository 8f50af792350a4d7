namespace IResNet;

/// <summary>
/// How the norms of layers are estimated and enforced (section 2.1, Equation 2): the spectral norm, or others.
/// </summary>
public sealed record SpectralNormOptions
{
    /// <summary>The most power iterations at a time with a <see cref="Tolerance"/>.</summary>
    public const int MostIterations = 200;

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
    /// Iterate until the vectors change by less than this, absolutely and relative to their largest entry, instead of
    /// <see cref="PowerIterations"/> times, see <see cref="SpectralLayer.PowerIterationTo"/>; null for the count.
    /// Residual Flows: 1e-3.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not above 0.</exception>
    public double? Tolerance
    {
        get;
        init =>
            field = value is null or (> 0 and < double.PositiveInfinity)
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(Tolerance),
                    value,
                    "The tolerance of the power iterations must be above 0, or null for a fixed number of them."
                );
    }

    /// <summary>When the power iterations of a training step are made.</summary>
    public NormUpdate Update { get; init; }

    /// <summary>The orders of the norms; by default 2 everywhere.</summary>
    public NormOrders Orders { get; init; } = NormOrders.Euclidean;

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
