using System.Globalization;
using MathNet.Numerics.Distributions;

namespace IResNet.Experiments.Statistics;

/// <summary>
/// A share of independent trials with Wilson's interval (Wilson, 1927), which is right even where nothing, or
/// everything, counts.
/// </summary>
/// <param name="Share">The share, 0 to 1.</param>
/// <param name="Low">Lower end of the 95 % interval.</param>
/// <param name="High">Upper end of the 95 % interval.</param>
/// <param name="Trials">How many.</param>
public readonly record struct Proportion(double Share, double Low, double High, int Trials)
{
    private static readonly double Normal975 = Normal.InvCDF(0, 1, 0.975);

    /// <summary>From counts.</summary>
    /// <param name="counted">How many count, 0 to <paramref name="trials"/>.</param>
    /// <param name="trials">Of how many, at least 1.</param>
    public static Proportion Of(int counted, int trials)
    {
        double share = (double)counted / trials,
            z2 = Normal975 * Normal975 / trials,
            centre = (share + z2 / 2) / (1 + z2),
            half = Normal975 / (1 + z2) * Math.Sqrt(share * (1 - share) / trials + z2 / (4.0 * trials));
        return new(share, Math.Max(0, centre - half), Math.Min(1, centre + half), trials);
    }

    /// <summary>In percent, with the interval.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{100 * Share:F1} % ({100 * Low:F1} to {100 * High:F1} %)");
}
