namespace IResNet.Experiments.Configuration;

/// <summary>What a run folder keeps, and how often.</summary>
public sealed record RunSettings
{
    /// <summary>
    /// Steps between two checkpoints; null for by time alone. There is one at the end, at each best figure and at a
    /// signal too.
    /// </summary>
    public long? CheckpointEvery { get; init; }

    /// <summary>Seconds between two checkpoints; null for by steps alone.</summary>
    public double? CheckpointSeconds { get; init; } = 300;

    /// <summary>Steps between two lines of metrics.</summary>
    public long LogEvery { get; init; } = 10;

    /// <summary>Steps between two pictures of samples; null for one at the end only.</summary>
    public long? SampleEvery { get; init; }

    /// <summary>Samples in a picture; 0 for no pictures.</summary>
    public int Samples { get; init; } = 36;

    /// <exception cref="ArgumentException">A value is out of range.</exception>
    internal void Validate()
    {
        Demand(CheckpointEvery is null or > 0, "run.checkpointEvery", CheckpointEvery, "1 or more, or null");
        Demand(CheckpointSeconds is null or >= 0, "run.checkpointSeconds", CheckpointSeconds, "0 or more, or null");
        Demand(LogEvery > 0, "run.logEvery", LogEvery, "1 or more");
        Demand(SampleEvery is null or > 0, "run.sampleEvery", SampleEvery, "1 or more, or null");
        Demand(Samples is >= 0 and <= 1024, "run.samples", Samples, "0 to 1024");
    }

    private static void Demand(bool holds, string key, object? value, string range)
    {
        if (!holds)
            throw new ArgumentException(FormattableString.Invariant($"{key} is {value}, but must be {range}."));
    }
}
