using System.Globalization;
using IResNet.Experiments.Statistics;

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

    /// <summary>From counts.</summary>
    internal static ClassifierEvaluation Of(int wrong, int images, double crossEntropy)
    {
        var error = Proportion.Of(wrong, images);
        return new(error.Share, error.Low, error.High, images, crossEntropy);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{100 * Error:F2} % error ({100 * Low:F2} to {100 * High:F2} %; {Images:N0} images; cross entropy "
                + $"{CrossEntropy:F4})"
        );
}
