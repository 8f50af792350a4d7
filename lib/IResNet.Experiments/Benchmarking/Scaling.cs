namespace IResNet.Experiments.Benchmarking;

/// <summary>
/// How the cost of a density model's training step grows, one quantity at a time, from a common setting: that of
/// <see cref="Batch"/>, <see cref="Terms"/> and so on.
/// </summary>
public static class Scaling
{
    /// <summary>Images per batch.</summary>
    public const int Batch = 32;

    /// <summary>n, terms of the series.</summary>
    public const int Terms = 5;

    /// <summary>Residual blocks in each of three stages.</summary>
    public const int Blocks = 4;

    /// <summary>Width of the residual branches.</summary>
    public const int Channels = 32;

    /// <summary>Height and width of the images, which have 3 channels.</summary>
    public const int Side = 32;

    private const int Stages = 3;

    /// <summary>The quantities and their values.</summary>
    public static IReadOnlyDictionary<string, int[]> Quantities { get; } =
        new Dictionary<string, int[]>
        {
            ["terms"] = [1, 2, 3, 5, 10, 20],
            ["batch"] = [16, 32, 64, 128],
            ["blocks"] = [1, 2, 4, 8],
            ["channels"] = [16, 32, 64, 128],
            ["side"] = [16, 32, 64],
        };

    /// <summary>Measures one quantity at its values.</summary>
    /// <param name="quantity">A key of <see cref="Quantities"/>.</param>
    /// <param name="settings">The estimator; its budget is that of one point.</param>
    public static IEnumerable<ScalingPoint> Measure(string quantity, BenchmarkSettings settings)
    {
        foreach (int value in Quantities[quantity])
        {
            int Of(string name, int usual) => name == quantity ? value : usual;
            int side = Of("side", Side);
            var config = BenchmarkModels
                .Density(new(3, side, side), Stages, Of("blocks", Blocks), Of("channels", Channels))
                .With(powerIterations: 1);
            var found = DensityStep.Run(config, Of("batch", Batch), Of("terms", Terms), settings);
            yield return new(quantity, value, found.Timing.Median, found.Timing.Min, found.Operations!.Value / 1e9);
        }
    }

    /// <summary>All quantities, as details of a case; the case's time is that of the common setting.</summary>
    internal static Measurement Case(BenchmarkSettings settings)
    {
        var brief = settings with { Budget = settings.Budget / 10 };
        var points = Quantities.Keys.SelectMany(quantity => Measure(quantity, brief)).ToList();
        var usual = points
            .Where(point => point.Quantity == "terms" && point.Value == Terms)
            .Select(point => point.Minimum);
        return new(new([.. usual]))
        {
            Details = points.ToDictionary(point => $"{point.Quantity}_{point.Value}_min_s", point => point.Minimum),
        };
    }
}

/// <summary>The cost of a step at one value of one quantity.</summary>
/// <param name="Quantity">What is varied.</param>
/// <param name="Value">Its value.</param>
/// <param name="Median">Median seconds per step.</param>
/// <param name="Minimum">Least seconds per step.</param>
/// <param name="Operations">GFLOP per step, see <see cref="Measurement.Operations"/>.</param>
public sealed record ScalingPoint(string Quantity, int Value, double Median, double Minimum, double Operations);
