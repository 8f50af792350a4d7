namespace IResNet.Experiments.Data.Fetching;

/// <summary>The publisher's own address.</summary>
/// <param name="files">The files there: four for MNIST, one archive for CIFAR.</param>
/// <param name="download">How to download.</param>
internal sealed class HttpSource(IReadOnlyList<RemoteFile> files, Downloader download) : IDataSource
{
    public string Address => files.Count == 1 ? files[0].Address.ToString() : new Uri(files[0].Address, ".").ToString();

    public async Task<string> Fetch(string work, IProgress<DataProgress> progress, CancellationToken cancel)
    {
        foreach (var file in files)
            await download.Download(file, Path.Combine(work, file.Name), progress, cancel);
        return files.Count == 1 ? Path.Combine(work, files[0].Name) : work;
    }
}
