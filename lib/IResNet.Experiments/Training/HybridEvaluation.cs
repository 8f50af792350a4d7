using System.Globalization;

namespace IResNet.Experiments.Training;

/// <summary>
/// What a hybrid model reaches on held-out images: its error, which is the figure by which runs are compared, its
/// calibration and its bits/dim.
/// </summary>
/// <param name="Classification">The error, with the calibration error.</param>
/// <param name="Density">Bits/dim, perhaps on fewer images.</param>
public sealed record HybridEvaluation(ClassifierEvaluation Classification, DensityEvaluation Density)
    : Evaluation(
        Classification.Metric,
        Classification.Value,
        Classification.Low,
        Classification.High,
        Classification.Examples
    )
{
    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Classification}; calibration error {100 * Classification.CalibrationError:F2} %; {Density}"
        );
}
