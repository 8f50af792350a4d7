using MathNet.Numerics;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;

namespace IResNet.Experiments.Statistics;

/// <summary>A straight line through points, by least squares.</summary>
/// <param name="Slope">Change of y per unit of x.</param>
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
        double[] at = [.. x],
            observed = [.. y];
        if (at.All(value => value == at[0]))
            throw new ArgumentException($"All points lie at x = {at[0]}: no line has a slope there.", nameof(x));
        var (intercept, slope) = Fit.Line(at, observed);
        double error = GoodnessOfFit.StandardError(at.Select(value => intercept + slope * value), observed, 2),
            spread = at.PopulationStandardDeviation() * Math.Sqrt(at.Length);
        return new(slope, StudentT.InvCDF(0, 1, at.Length - 2, 0.975) * error / spread);
    }
}
