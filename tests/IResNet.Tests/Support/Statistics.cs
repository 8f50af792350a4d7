namespace IResNet.Tests;

/// <summary>
/// Tests of random quantities. Seeds are fixed, so a test passes or fails for good; what the levels say is how often
/// right code would fail under a fresh seed. A comparison at four standard errors fails so with probability 6.3e-5
/// (two-sided normal tail), and a goodness-of-fit test at its level of 1e-4. With the about eighty comparisons of this
/// project the family-wise error rate is below 1 % by Bonferroni's inequality.
/// </summary>
internal static class Statistics
{
    public const double StandardErrors = 4;

    /// <summary>
    /// The level of a goodness-of-fit test, and the standard normal quantile that leaves so much above it.
    /// </summary>
    public const double Level = 1e-4,
        LevelQuantile = 3.719;

    /// <summary>How many standard errors the samples' mean lies from the expected one.</summary>
    public static double MeanDeviation(double expected, Tensor samples)
    {
        using var scope = NewDisposeScope();
        double standardError = samples.std().ToDouble() / Math.Sqrt(samples.numel());
        return Math.Abs(samples.mean().ToDouble() - expected) / standardError;
    }

    /// <summary>The same for the variance, whose standard error follows from the fourth central moment.</summary>
    public static double VarianceDeviation(double expected, Tensor samples)
    {
        using var scope = NewDisposeScope();
        var squares = (samples - samples.mean()).square();
        double variance = squares.mean().ToDouble(),
            fourth = squares.square().mean().ToDouble();
        return Math.Abs(variance - expected) / Math.Sqrt((fourth - variance * variance) / samples.numel());
    }

    public static void MeanIs(double expected, Tensor samples, string what) =>
        Demand(MeanDeviation(expected, samples), what);

    public static void VarianceIs(double expected, Tensor samples, string what) =>
        Demand(VarianceDeviation(expected, samples), what);

    /// <summary>
    /// The value that a chi-square variable exceeds with probability <see cref="Level"/>, by the cube-root
    /// approximation of Wilson and Hilferty.
    /// </summary>
    public static double ChiSquareLimit(int degrees)
    {
        double spread = 2.0 / (9 * degrees);
        return degrees * Math.Pow(1 - spread + LevelQuantile * Math.Sqrt(spread), 3);
    }

    private static void Demand(double deviation, string what) =>
        Assert.True(deviation <= StandardErrors, $"{what}: {deviation:g3} standard errors off.");
}
