namespace IResNet.Experiments.Sweeps;

/// <summary>What a run of a sweep asks of Slurm.</summary>
public sealed record SlurmOptions
{
    /// <summary>The partition; null for the cluster's default.</summary>
    public string? Partition { get; init; }

    /// <summary>
    /// Time limit of a task, as Slurm writes it (12:00:00); null for the partition's. A run that needs more is requeued
    /// and goes on.
    /// </summary>
    public string? Time { get; init; }

    /// <summary>Cores per run.</summary>
    public int Cores { get; init; } = 2;

    /// <summary>GPUs per run; with one or more the device is cuda.</summary>
    public int Gpus { get; init; }

    /// <summary>Memory per run, as Slurm writes it (8G); null for the partition's.</summary>
    public string? Memory { get; init; }

    /// <summary>The account to charge; null for the user's default.</summary>
    public string? Account { get; init; }

    /// <summary>Runs at a time at most; null for as many as the cluster gives.</summary>
    public int? AtOnce { get; init; }
}
