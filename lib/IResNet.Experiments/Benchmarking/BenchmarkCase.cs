namespace IResNet.Experiments.Benchmarking;

/// <summary>Something that is timed.</summary>
/// <param name="Name">As on the command line and in the report.</param>
/// <param name="Run">Builds the work, measures it and says what it cost.</param>
public sealed record BenchmarkCase(string Name, Func<BenchmarkSettings, Measurement> Run);

/// <summary>What holds for all cases of a run.</summary>
/// <param name="Budget">How long each case repeats its work.</param>
/// <param name="Gradient">How training cases differentiate the log-determinant.</param>
/// <param name="Threads">libtorch's threads.</param>
public sealed record BenchmarkSettings(
    TimeSpan Budget,
    LogDetGradient Gradient = LogDetGradient.Neumann,
    int Threads = 2
)
{
    /// <summary>The truncated series with this gradient.</summary>
    internal LogDetEstimator Series(int terms) =>
        Gradient == LogDetGradient.Neumann ? new NeumannSeries(terms) : new PowerSeries(terms);

    /// <summary>
    /// Passes through the branches that its value and gradient take: a product per term, then the gradient of one
    /// (Neumann) or of all (the paper), two per product.
    /// </summary>
    internal int Passes(int terms) => terms + 2 * (Gradient == LogDetGradient.Neumann ? 1 : terms);
}

/// <summary>How a training step differentiates the truncated series.</summary>
public enum LogDetGradient
{
    /// <summary>This library's default, <see cref="NeumannSeries"/>.</summary>
    Neumann,

    /// <summary>
    /// The paper's own algorithm, <see cref="PowerSeries"/>: back-propagation through the whole series.
    /// </summary>
    Paper,
}

/// <summary>What a case found.</summary>
/// <param name="Timing">Seconds per run.</param>
public sealed record Measurement(Timing Timing)
{
    /// <summary>
    /// Floating-point operations of one run that no algorithm of this kind avoids: convolutions and matrix products, a
    /// multiply-add counted as two. Null where no such count is meaningful.
    /// </summary>
    public double? Operations { get; init; }

    /// <summary>Which backend computed what; null for a case without a flow.</summary>
    public Explanation? Backends { get; init; }

    /// <summary>Further figures, by name.</summary>
    public IReadOnlyDictionary<string, double> Details { get; init; } = new Dictionary<string, double>();
}
