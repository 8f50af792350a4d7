namespace IResNet.Notebooks;

/// <summary>One axis of a <see cref="Figure"/>.</summary>
/// <param name="Title">What is measured, with its unit.</param>
/// <param name="Log">Whether the scale is logarithmic to base ten. Values that are not positive are then gaps.</param>
/// <param name="Min">The lower end, or null to fit the data.</param>
/// <param name="Max">The upper end, or null to fit the data.</param>
public sealed record Axis(string Title = "", bool Log = false, double? Min = null, double? Max = null)
{
    // A linear axis of that length is beyond what the renderers can compute ticks for.
    private const double Largest = 1e100;

    /// <summary>Whether a value can be drawn on a linear axis.</summary>
    internal static bool IsDrawable(double value) => Math.Abs(value) <= Largest;

    /// <summary>The place of a value on the axis: the value or its logarithm, NaN where it cannot be drawn.</summary>
    internal double Place(double value)
    {
        if (Log)
            return value > 0 && double.IsFinite(value) ? Math.Log10(value) : double.NaN;
        return IsDrawable(value) ? value : double.NaN;
    }

    /// <summary>The value at a place: the inverse of <see cref="Place"/>.</summary>
    internal double ValueAt(double place) => Log ? Math.Pow(10, place) : place;
}
