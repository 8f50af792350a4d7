using System.Globalization;

namespace IResNet.Experiments.Training;

/// <summary>Bits per dimension on held-out images.</summary>
/// <remarks>
/// The interval is over images, each with one draw of dequantisation noise. The noise of a log-determinant's random
/// probes is part of the interval, its bias is not; <see cref="BiasBound"/> bounds it.
/// </remarks>
/// <param name="BitsPerDim">The mean.</param>
/// <param name="Interval">Half the width of the 95 % confidence interval.</param>
/// <param name="Images">How many.</param>
/// <param name="Shape">The shape on which d counts: 1x28x28 is d = 784, the official code's MNIST 3x32x32 is d = 3072,
/// and the two cannot be compared.</param>
/// <param name="Terms">Terms of the series; 0 if the log-determinants are not a series'.</param>
/// <param name="Probes">Probes per image; 0 if the log-determinants are not a series'.</param>
/// <param name="BiasBound">How far the estimators' bias can move the value, in bits/dim, with the certified norms of
/// the frozen model: Theorem 3 for a truncated series. Infinite where nothing is known.</param>
public sealed record DensityEvaluation(
    double BitsPerDim,
    double Interval,
    int Images,
    ImageShape Shape,
    int Terms,
    int Probes,
    double BiasBound
) : Evaluation("bits/dim", BitsPerDim, BitsPerDim - Interval, BitsPerDim + Interval, Images)
{
    /// <summary>The type of the estimator, or the types.</summary>
    public string Estimator { get; init; } = "";

    /// <summary>
    /// The standard error that the probes leave in the mean, in bits/dim; null where it was not measured.
    /// </summary>
    public double? ProbeError { get; init; }

    /// <summary>The convention in words, to print beside the number.</summary>
    public string Convention => $"{Shape}, d = {Shape.Dimensions}";

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{BitsPerDim:F4} ± {HalfWidth:F4} bits/dim ({Images:N0} images; {Convention}; {Method}, "
                + $"{Bias}{Probing})"
        );

    private string Method => Terms > 0 ? string.Create(CultureInfo.InvariantCulture, $"{Terms} terms") : Estimator;

    private string Bias =>
        double.IsFinite(BiasBound)
            ? string.Create(CultureInfo.InvariantCulture, $"bias below {BiasBound:g2}")
            : "bias not bounded";

    private string Probing =>
        ProbeError is { } error
            ? string.Create(CultureInfo.InvariantCulture, $", {Probes} probes, standard error {error:g2}")
            : "";
}
