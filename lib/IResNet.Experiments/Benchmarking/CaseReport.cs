using System.Text.Json.Serialization;

namespace IResNet.Experiments.Benchmarking;

/// <summary>What a case took, as in the JSON report.</summary>
public sealed record CaseReport
{
    /// <summary>Median seconds per run.</summary>
    [JsonPropertyName("median_s")]
    public required double Median { get; init; }

    /// <summary>Least seconds per run.</summary>
    [JsonPropertyName("min_s")]
    public required double Min { get; init; }

    /// <summary>Runs timed.</summary>
    [JsonPropertyName("runs")]
    public required int Runs { get; init; }

    /// <summary>Most resident memory of the process, MiB.</summary>
    [JsonPropertyName("peak_rss_mib")]
    public required double PeakMemory { get; init; }

    /// <summary>Resident memory with libtorch loaded, before the case, MiB.</summary>
    [JsonPropertyName("rss_before_mib")]
    public required double MemoryBefore { get; init; }

    /// <summary>The machine's convolution peak in this run, GFLOP/s.</summary>
    [JsonPropertyName("convolution_peak_gflops")]
    public required double ConvolutionRate { get; init; }

    /// <summary>GFLOP of one run, where counted.</summary>
    [JsonPropertyName("gflop")]
    public double? Operations { get; init; }

    /// <summary>Those operations at that peak, in seconds.</summary>
    [JsonPropertyName("lower_bound_s")]
    public double? LowerBound { get; init; }

    /// <summary>Which backend computed what, and why.</summary>
    [JsonPropertyName("backend")]
    public string Backend { get; init; } = "";

    /// <summary>What the case reports beside its time.</summary>
    [JsonPropertyName("details")]
    public IReadOnlyDictionary<string, double> Details { get; init; } = new Dictionary<string, double>();
}

/// <summary>The whole report.</summary>
public sealed record BenchmarkReport
{
    /// <summary>Processor, cores, system, runtime and libtorch.</summary>
    [JsonPropertyName("machine")]
    public required string Machine { get; init; }

    /// <summary>libtorch's threads.</summary>
    [JsonPropertyName("threads")]
    public required int Threads { get; init; }

    /// <summary>"neumann" or "paper".</summary>
    [JsonPropertyName("estimator")]
    public required string Estimator { get; init; }

    /// <summary>By name.</summary>
    [JsonPropertyName("cases")]
    public required IReadOnlyDictionary<string, CaseReport> Cases { get; init; }
}
