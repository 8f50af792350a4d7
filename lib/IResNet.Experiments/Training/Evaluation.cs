using System.Globalization;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;

namespace IResNet.Experiments.Training;

/// <summary>A figure measured on held-out examples, with its 95 % confidence interval. Less is better.</summary>
/// <param name="Metric">What it is: bits/dim, nats, error.</param>
/// <param name="Value">The estimate.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end of the interval.</param>
/// <param name="Examples">Examples it rests on.</param>
public record Evaluation(string Metric, double Value, double Low, double High, int Examples)
{
    /// <summary>Half the width of the interval.</summary>
    public double HalfWidth => (High - Low) / 2;

    /// <summary>The interval of a mean over examples, by Student's t: right for two examples too.</summary>
    internal static (double Mean, double HalfWidth) MeanOf(IReadOnlyCollection<double> values) =>
        (values.Average(), StudentT.InvCDF(0, 1, values.Count - 1, 0.975) * StandardErrorOf(values));

    /// <summary>The standard error of a mean over examples.</summary>
    internal static double StandardErrorOf(IReadOnlyCollection<double> values) =>
        values.StandardDeviation() / Math.Sqrt(values.Count);

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Value:F4} ± {HalfWidth:F4} {Metric} ({Examples:N0} examples)");
}
