namespace IResNet.Experiments.Data.Fetching;

/// <summary>A package of Debian or Ubuntu, downloaded and unpacked without being installed, so without root.</summary>
/// <param name="package">Its name.</param>
internal sealed class DebianSource(string package) : IDataSource
{
    public string Address => $"apt-get download {package}";

    public async Task<string> Fetch(string work, IProgress<DataProgress> progress, CancellationToken cancel)
    {
        const string Hint = "Debian and Ubuntu have it; elsewhere pass --from";
        progress.Report(new(Address));
        await ExternalProgram.Run("apt-get", ["download", package], work, Hint, cancel);
        string archive = Directory.GetFiles(work, "*.deb") is [var file, ..]
            ? file
            : throw new DataFetchException(Address, "apt-get ended well but left no package");
        string unpacked = Directory.CreateDirectory(Path.Combine(work, "unpacked")).FullName;
        await ExternalProgram.Run("dpkg-deb", ["--extract", archive, unpacked], work, Hint, cancel);
        return unpacked;
    }
}
