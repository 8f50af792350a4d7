using System.Globalization;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;

namespace IResNet.Experiments.Statistics;

/// <summary>What a figure is over trainings that differ in their seeds only.</summary>
/// <param name="Mean">Mean over seeds.</param>
/// <param name="Deviation">Standard deviation over seeds; NaN for one seed.</param>
/// <param name="HalfWidth">Half the 95 % interval of the mean, by Student's t; NaN for one seed, which says nothing of
/// the spread.</param>
/// <param name="Seeds">How many.</param>
public sealed record SeedSpread(double Mean, double Deviation, double HalfWidth, int Seeds)
{
    /// <summary>Of one value per seed.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static SeedSpread Of(params IReadOnlyList<double> values)
    {
        if (values.Count == 0)
            throw new ArgumentException("There is no value: a spread needs at least one.", nameof(values));
        var (mean, deviation) = values.MeanStandardDeviation();
        return values.Count == 1
            ? new(mean, double.NaN, double.NaN, 1)
            : new(
                mean,
                deviation,
                StudentT.InvCDF(0, 1, values.Count - 1, 0.975) * deviation / Math.Sqrt(values.Count),
                values.Count
            );
    }

    /// <summary>With a number of digits: "12.3 ± 0.4", or "12.3" for one seed.</summary>
    public string ToString(int digits)
    {
        string Number(double value) => value.ToString($"F{digits}", CultureInfo.InvariantCulture);
        return Seeds == 1 ? Number(Mean) : $"{Number(Mean)} ± {Number(HalfWidth)}";
    }
}
