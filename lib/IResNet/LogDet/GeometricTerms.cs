namespace IResNet;

/// <summary>
/// N = 1, 2, ... with P(N >= j) = (1 - p)^(j - 1): the choice of <em>Residual Flows</em> (Chen et al. 2019) with p =
/// 0.5. An estimate's variance is finite where the spectral radius is below sqrt(1 - p).
/// </summary>
public sealed class GeometricTerms : TermDistribution
{
    /// <summary>Sets p.</summary>
    /// <param name="p">The probability to stop after each term, above 0 and below 1. The mean of N is 1 / p.</param>
    /// <exception cref="ArgumentOutOfRangeException">p is not between 0 and 1.</exception>
    public GeometricTerms(double p = 0.5) =>
        P = p is > 0 and < 1
            ? p
            : throw new ArgumentOutOfRangeException(
                nameof(p),
                p,
                "The probability to stop must be above 0 and below 1: with 1 no term but the first would ever be seen."
            );

    /// <summary>The probability to stop after each term.</summary>
    public double P { get; }

    /// <inheritdoc/>
    public override double Survival(int j) => j <= 1 ? 1 : Math.Pow(1 - P, j - 1);

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"geometric, p = {P}");
}
