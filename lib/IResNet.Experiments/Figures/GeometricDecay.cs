namespace IResNet.Experiments.Figures;

/// <summary>What theory says of an error that shrinks by the same factor with every iteration or term.</summary>
internal static class GeometricDecay
{
    /// <summary>The first error times factor^(n - first n), for each n.</summary>
    public static IReadOnlyList<double> Line(IReadOnlyList<int> counts, double firstError, double factor) =>
        [.. counts.Select(n => firstError * Math.Pow(factor, n - counts[0]))];
}
