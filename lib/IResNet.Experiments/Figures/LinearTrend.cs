namespace IResNet.Experiments.Figures;

/// <summary>A straight line through points, by least squares.</summary>
/// <param name="Slope">Change of y for one of x.</param>
/// <param name="HalfWidth">Half the slope's 95 % interval, by Student's t, for independent errors of equal
/// size.</param>
public sealed record LinearTrend(double Slope, double HalfWidth)
{
    /// <summary>The line of best fit.</summary>
    /// <param name="x">At least two different values.</param>
    /// <param name="y">As many values.</param>
    /// <exception cref="ArgumentException">There are fewer than three points, not as many of both, or all x are
    /// equal.</exception>
    public static LinearTrend Of(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        if (x.Count != y.Count)
            throw new ArgumentException(
                $"There are {x.Count} values of x and {y.Count} of y: a point needs both.",
                nameof(y)
            );
        if (x.Count < 3)
            throw new ArgumentException($"A slope and its interval need three points; there are {x.Count}.", nameof(x));
        double meanX = x.Average(),
            meanY = y.Average(),
            spread = x.Sum(value => (value - meanX) * (value - meanX));
        if (spread == 0)
            throw new ArgumentException($"All points lie at x = {meanX}: no line has a slope there.", nameof(x));
        double slope = x.Zip(y).Sum(point => (point.First - meanX) * (point.Second - meanY)) / spread;
        double residual = x.Zip(y).Sum(point => Math.Pow(point.Second - meanY - slope * (point.First - meanX), 2));
        int freedom = x.Count - 2;
        return new(slope, StudentT.Quantile(0.975, freedom) * Math.Sqrt(residual / freedom / spread));
    }
}
