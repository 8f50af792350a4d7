namespace IResNet.Experiments.Data.Fetching;

/// <summary>
/// The folder of the data sets: a folder for each, with its files and their manifest. A data set appears there under
/// its name only when it is complete and was read once. Damaged ones are set aside as <c>NAME.rejected</c>.
/// </summary>
/// <param name="root">The folder.</param>
internal sealed class DataFolder(string root)
{
    /// <summary>The environment variable that names the folder.</summary>
    public const string Variable = "IRESNET_DATA";

    /// <summary>The folder.</summary>
    public string Root { get; } = Path.GetFullPath(root);

    /// <summary>
    /// The one named by <see cref="Variable"/>, else <c>iresnet/data</c> in the user's folder for local application
    /// data.
    /// </summary>
    /// <exception cref="DirectoryNotFoundException">The system names no such folder.</exception>
    public static string DefaultRoot
    {
        get
        {
            if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } chosen)
                return chosen;
            string user = Environment.GetFolderPath(
                Environment.SpecialFolder.LocalApplicationData,
                Environment.SpecialFolderOption.DoNotVerify
            );
            return user.Length > 0
                ? Path.Combine(user, "iresnet", "data")
                : throw new DirectoryNotFoundException(
                    $"There is no home folder for data: set {Variable} to a folder."
                );
        }
    }

    /// <summary>A data set's folder.</summary>
    public string Of(ImageData data) => Path.Combine(Root, data.Name);

    /// <summary>
    /// What is known of an installed data set, without reading its images; null when it is not there.
    /// </summary>
    /// <exception cref="DataFormatException">The manifest is damaged.</exception>
    public DataManifest? Find(ImageData data) => DataManifest.In(Of(data));

    /// <summary>Reads an installed data set, checking every byte; null when it is not there.</summary>
    /// <exception cref="DataSetException">A file is missing or damaged.</exception>
    public ImageDataSet? Open(ImageData data) => Find(data) is { } manifest ? Read(data, Of(data), manifest) : null;

    /// <summary>Sets a damaged data set aside.</summary>
    /// <returns>Where it lies now.</returns>
    public string Reject(ImageData data)
    {
        string rejected = Of(data) + ".rejected";
        DeleteFolder(rejected);
        Directory.Move(Of(data), rejected);
        return rejected;
    }

    /// <summary>Fetches from a source and puts the data set in its place.</summary>
    /// <exception cref="DataSetException">The source did not deliver, or delivered wrong files.</exception>
    public async Task<ImageDataSet> Install(
        ImageData data,
        IDataSource source,
        IProgress<DataProgress> progress,
        CancellationToken cancel
    )
    {
        // One folder per source: half a download of one must not be taken for a file of another.
        string work = Directory
            .CreateDirectory(Path.Combine(Root, ".fetching", data.Name, source.GetType().Name))
            .FullName;
        string path = await source.Fetch(work, progress, cancel);
        progress.Report(new($"checking {data.Title}"));
        var set = await Task.Run(() => Install(data, source.Address, path, cancel), cancel);
        Directory.Delete(Path.Combine(Root, ".fetching", data.Name), recursive: true);
        return set;
    }

    private ImageDataSet Install(ImageData data, string source, string path, CancellationToken cancel)
    {
        var (fresh, old) = (Of(data) + ".new", Of(data) + ".old");
        DeleteFolder(fresh);
        DeleteFolder(old);
        try
        {
            Directory.CreateDirectory(fresh);
            string name = data.Format.Import(DataEntries.In(path), source, fresh, cancel);
            var manifest = new DataManifest(
                name,
                source,
                data.Format.Files.ToDictionary(f => f, f => Checksum.Sha256OfFile(Path.Combine(fresh, f)))
            );
            manifest.WriteTo(fresh);
            var set = Read(data, fresh, manifest);

            if (Directory.Exists(Of(data)))
                Directory.Move(Of(data), old);
            Directory.Move(fresh, Of(data));
            DeleteFolder(old);
            return set;
        }
        finally
        {
            DeleteFolder(fresh);
        }
    }

    private static void DeleteFolder(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    private static ImageDataSet Read(ImageData data, string folder, DataManifest manifest)
    {
        var files = new List<(string, byte[])>();
        foreach (string name in data.Format.Files)
        {
            string path = Path.Combine(folder, name);
            if (!manifest.Files.TryGetValue(name, out string? hex) || !File.Exists(path))
                throw new DataFormatException(path, "no such file", $"the files of {data.Title}");
            byte[] content = File.ReadAllBytes(path);
            var expected = Checksum.Sha256(hex);
            if (expected.Of(content) is var actual && actual != hex)
                throw new DataIntegrityException(path, expected, actual);
            files.Add((path, content));
        }
        return data.Format.Read(manifest.Name, files) with { Classification = data.Classification };
    }

    /// <summary>Waits until no other process fetches this data set, and keeps others out until disposed.</summary>
    public async Task<IDisposable> Lock(ImageData data, IProgress<DataProgress> progress, CancellationToken cancel)
    {
        Directory.CreateDirectory(Root);
        while (true)
        {
            try
            {
                var held = new FileStream(
                    Of(data) + ".lock",
                    FileMode.OpenOrCreate,
                    FileAccess.ReadWrite,
                    FileShare.None
                );
                // A process that died between the two renames of an installation left only the former data set.
                if (Directory.Exists(Of(data) + ".old") && !Directory.Exists(Of(data)))
                    Directory.Move(Of(data) + ".old", Of(data));
                return held;
            }
            catch (IOException e) when (IsHeldByAnother(e))
            {
                progress.Report(new($"waiting for another process that fetches {data.Title}"));
                await Task.Delay(200, cancel);
            }
        }
    }

    /// <summary>ERROR_SHARING_VIOLATION of Windows, EWOULDBLOCK of Linux and macOS.</summary>
    private static bool IsHeldByAnother(IOException e) => e.HResult is unchecked((int)0x80070020) or 11 or 35;
}
