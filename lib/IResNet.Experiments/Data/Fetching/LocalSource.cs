namespace IResNet.Experiments.Data.Fetching;

/// <summary>A folder or archive on this machine. It is read only.</summary>
/// <param name="path">The folder or file.</param>
/// <param name="hint">What to do when it is not there.</param>
internal sealed class LocalSource(string path, string hint = "check the path") : IDataSource
{
    public string Address { get; } = Path.GetFullPath(path);

    public Task<string> Fetch(string work, IProgress<DataProgress> progress, CancellationToken cancel)
    {
        if (!File.Exists(Address) && !Directory.Exists(Address))
            throw new DataFetchException(Address, $"there is no such file or folder ({hint})");
        progress.Report(new($"reading {Address}"));
        return Task.FromResult(Address);
    }
}
