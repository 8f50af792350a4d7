namespace IResNet.Notebooks;

/// <summary>
/// Counts into bins of equal width, scaled to a density: the sum over bins of density times size is the share inside
/// the range.
/// </summary>
internal static class Binning
{
    /// <summary>
    /// The bins' edges, one more than bins, over the drawable values of all series together; none where there is none.
    /// </summary>
    public static double[] Edges(IEnumerable<double> values, int bins)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        if (Range(values) is not { } range)
            return [];
        double width = (range.Max - range.Min) / bins;
        return [.. Enumerable.Range(0, bins + 1).Select(i => i == bins ? range.Max : range.Min + i * width)];
    }

    /// <summary>
    /// The smallest and the largest drawable value, made half a unit wider on both sides where they are equal; null
    /// where none is.
    /// </summary>
    public static (double Min, double Max)? Range(IEnumerable<double> values)
    {
        double min = double.PositiveInfinity,
            max = double.NegativeInfinity;
        foreach (double value in values)
        {
            if (!Axis.IsDrawable(value))
                continue;
            min = Math.Min(min, value);
            max = Math.Max(max, value);
        }
        return min > max ? null
            : min < max ? (min, max)
            : (min - 0.5, max + 0.5);
    }

    /// <summary>The density of the values in each bin.</summary>
    public static double[] Density(double[] values, double[] edges)
    {
        int bins = edges.Length - 1;
        double[] density = new double[bins];
        int finite = values.Count(double.IsFinite);
        double width = (edges[^1] - edges[0]) / bins;
        foreach (double value in values)
            if (Bin(value, (edges[0], edges[^1]), bins) is { } bin)
                density[bin] += 1 / (finite * width);
        return density;
    }

    /// <summary>The density of points in each cell of a square grid; the first index is y's.</summary>
    public static double[,] Density(
        double[] x,
        double[] y,
        (double Min, double Max) xRange,
        (double Min, double Max) yRange,
        int bins
    )
    {
        double[,] density = new double[bins, bins];
        int finite = x.Zip(y).Count(point => double.IsFinite(point.First + point.Second));
        double area = (xRange.Max - xRange.Min) * (yRange.Max - yRange.Min) / bins / bins;
        for (int i = 0; i < x.Length; i++)
            if (Bin(x[i], xRange, bins) is { } column && Bin(y[i], yRange, bins) is { } row)
                density[row, column] += 1 / (finite * area);
        return density;
    }

    /// <summary>The bin that holds the value, the upper end of the range included; null outside.</summary>
    private static int? Bin(double value, (double Min, double Max) range, int bins) =>
        value >= range.Min && value <= range.Max
            ? Math.Min((int)((value - range.Min) / (range.Max - range.Min) * bins), bins - 1)
            : null;
}
