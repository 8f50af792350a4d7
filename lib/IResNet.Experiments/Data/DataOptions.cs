namespace IResNet.Experiments.Data;

/// <summary>Where a data set is looked for and fetched from.</summary>
public sealed record DataOptions
{
    /// <summary>
    /// The folder of the data sets. By default the one that the environment variable IRESNET_DATA names, else
    /// <c>iresnet/data</c> in the user's folder for local application data (<c>~/.local/share</c> on Linux).
    /// </summary>
    public string? Folder { get; init; }

    /// <summary>
    /// An archive (.tar.gz, .tar.xz, .tar), a folder or a file to take the data set from, instead of the network.
    /// </summary>
    public string? From { get; init; }

    /// <summary>Fetch again, and replace what is installed.</summary>
    public bool Force { get; init; }

    /// <summary>
    /// Told how far a fetching is; the console by default. Nothing is reported when the data set is there.
    /// </summary>
    public IProgress<DataProgress>? Progress { get; init; }
}
