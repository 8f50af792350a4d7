using System.Globalization;
using MathNet.Numerics.Distributions;

namespace IResNet.Experiments.Training;

/// <summary>The share of held-out images that a classifier gets wrong, with Wilson's interval.</summary>
/// <param name="Error">The share, 0 to 1.</param>
/// <param name="Low">Lower end of the 95 % interval.</param>
/// <param name="High">Upper end of the 95 % interval.</param>
/// <param name="Images">How many.</param>
/// <param name="CrossEntropy">Mean cross entropy in nats.</param>
public sealed record ClassifierEvaluation(double Error, double Low, double High, int Images, double CrossEntropy)
    : Evaluation("error", Error, Low, High, Images)
{
    /// <summary>
    /// The expected calibration error, 0 to 1 (Guo et al. 2017): |confidence - accuracy| in 15 bins of equal width of
    /// the confidence, weighted by their images. Null where it was not measured.
    /// </summary>
    public double? CalibrationError { get; init; }

    private static readonly double Normal975 = Normal.InvCDF(0, 1, 0.975);

    /// <summary>From counts (Wilson, 1927: right even where nothing, or everything, is wrong).</summary>
    internal static ClassifierEvaluation Of(int wrong, int images, double crossEntropy)
    {
        double share = (double)wrong / images,
            z2 = Normal975 * Normal975 / images;
        double centre = (share + z2 / 2) / (1 + z2),
            half = Normal975 / (1 + z2) * Math.Sqrt(share * (1 - share) / images + z2 / (4.0 * images));
        return new(share, Math.Max(0, centre - half), Math.Min(1, centre + half), images, crossEntropy);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{100 * Error:F2} % error ({100 * Low:F2} to {100 * High:F2} %; {Images:N0} images; cross entropy "
                + $"{CrossEntropy:F4})"
        );
}
