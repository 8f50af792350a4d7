using System.Globalization;
using ScottPlot;

namespace IResNet.Notebooks;

/// <summary>
/// Tick labels of the PNG charts: plain numbers of ordinary size, exponents for others; no letters that a small font
/// may lack.
/// </summary>
internal static class TickLabels
{
    private const int MostDecades = 8;

    // A logarithmic range shorter than this shows too few powers of ten to be read by.
    private const double ShortRange = 1.5;

    /// <summary>How many decades lie between two labelled powers of ten; null where 2 and 5 are labelled too.</summary>
    public static int? DecadeStep(double min, double max) =>
        max - min < ShortRange ? null : (int)Math.Ceiling((max - min) / MostDecades);

    /// <summary>
    /// Ticks of a logarithmic axis whose places are decimal logarithms: labelled majors, and the digits between where
    /// there is room.
    /// </summary>
    public static Tick[] Logarithmic(double min, double max)
    {
        int? step = DecadeStep(min, max);
        var ticks = new List<Tick>();
        for (int decade = (int)Math.Floor(min); decade <= max; decade++)
            for (int digit = 1; digit <= 9; digit++)
            {
                double place = decade + Math.Log10(digit);
                if (place < min || place > max)
                    continue;
                bool isMajor = digit == 1 ? decade % (step ?? 1) == 0 : step is null && digit is 2 or 5;
                if (isMajor || step is null or 1)
                    ticks.Add(new Tick(place, isMajor ? Of(digit * Math.Pow(10, decade)) : "", isMajor));
            }
        return [.. ticks];
    }

    /// <summary>Labels of a linear axis: what is only rounding error beside the range's length becomes 0.</summary>
    public static Func<double, string> Linear(double min, double max) =>
        value => Of(Math.Abs(value) < (max - min) * 1e-9 ? 0 : value);

    private static string Of(double value) =>
        value != 0 && Math.Abs(value) is >= 1e6 or < 1e-4
            ? value.ToString("0.######e0", CultureInfo.InvariantCulture)
            : value.ToString("G8", CultureInfo.InvariantCulture);
}
