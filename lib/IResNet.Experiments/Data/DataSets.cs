using IResNet.Experiments.Data.Fetching;

namespace IResNet.Experiments.Data;

/// <summary>
/// The image data sets of the paper (and Fashion-MNIST): found in the data folder, or fetched, checked and put there.
/// <code>
/// var mnist = await DataSets.Mnist();
/// ImageSplit firstThousand = mnist.Test[..1000];
/// </code>
/// All of them throw <see cref="DataUnavailableException"/> when no source delivers (it lists what was tried), and
/// <see cref="DataSetException"/> when <see cref="DataOptions.From"/> names something that is not the data set.
/// </summary>
public static class DataSets
{
    /// <summary>The names that <see cref="Load"/> takes.</summary>
    public static IReadOnlyList<string> Names => [.. Catalogue.All.Select(d => d.Name)];

    /// <summary>The data folder when <see cref="DataOptions.Folder"/> names none.</summary>
    public static string DefaultFolder => DataFolder.DefaultRoot;

    /// <summary>Handwritten digits: 60,000 + 10,000 of 1x28x28.</summary>
    public static Task<ImageDataSet> Mnist(DataOptions? options = null, CancellationToken cancel = default) =>
        Ensure(Catalogue.Mnist, options, cancel);

    /// <summary>Pictures of clothing: 60,000 + 10,000 of 1x28x28.</summary>
    public static Task<ImageDataSet> FashionMnist(DataOptions? options = null, CancellationToken cancel = default) =>
        Ensure(Catalogue.FashionMnist, options, cancel);

    /// <summary>
    /// Photographs of ten classes: 50,000 + 10,000 of 3x32x32. <see cref="ImageDataSet.Name"/> tells when they are
    /// JPEGs or only a part.
    /// </summary>
    public static Task<ImageDataSet> Cifar10(DataOptions? options = null, CancellationToken cancel = default) =>
        Ensure(Catalogue.Cifar10, options, cancel);

    /// <summary>Photographs of a hundred classes (the fine labels): 50,000 + 10,000 of 3x32x32.</summary>
    public static Task<ImageDataSet> Cifar100(DataOptions? options = null, CancellationToken cancel = default) =>
        Ensure(Catalogue.Cifar100, options, cancel);

    /// <summary>
    /// A folder of your own images. A folder in it is a class; images beside no such folder are one class. Where
    /// <c>train</c> and <c>test</c> are there, the classes are in these; else each fifth image of a class is a test
    /// image. Files: PNG, JPEG, NumPy (<c>.npy</c>, uint8) and IDX (<c>-idx3-ubyte</c>), all of one size.
    /// </summary>
    /// <exception cref="DataSetException">An image is damaged or of another size, or there are too few; the message
    /// names the file.</exception>
    public static Task<ImageDataSet> Folder(string path, CancellationToken cancel = default) =>
        Task.Run(() => ImageFolder.Open(Path.GetFullPath(path)).Load(cancel), cancel);

    /// <summary>
    /// A data set by its name: one of <see cref="Names"/>, or <c>folder:PATH</c> for <see cref="Folder"/>.
    /// </summary>
    /// <exception cref="ArgumentException">There is no such data set.</exception>
    public static Task<ImageDataSet> Load(
        string name,
        DataOptions? options = null,
        CancellationToken cancel = default
    ) =>
        ImageFolder.IsNamed(name)
            ? Folder(name[ImageFolder.Prefix.Length..], cancel)
            : Ensure(Catalogue.Find(name), options, cancel);

    internal static async Task<ImageDataSet> Ensure(ImageData data, DataOptions? options, CancellationToken cancel)
    {
        options ??= new();
        var folder = new DataFolder(options.Folder ?? DataFolder.DefaultRoot);
        if (!options.Force && options.From is null && await TryOpen(folder, data) is ({ } found, _))
            return found;

        var console = options.Progress is null ? new ConsoleProgress() : null;
        var progress = options.Progress ?? console!;
        try
        {
            using var held = await folder.Lock(data, progress, cancel);
            var failures = new List<DataSetException>();
            if (!options.Force)
            {
                // Again, now that nobody else can be at it: another process may have fetched it meanwhile.
                var (installed, damage) = await TryOpen(folder, data);
                if (installed is not null && (options.From is null || IsFrom(folder, data, options.From)))
                    return installed;
                if (installed is not null)
                    throw new DataFetchException(
                        options.From!,
                        $"{installed.Name} is already there, from {folder.Find(data)!.Source}: use --force (Force = "
                            + "true) to replace it"
                    );
                if (damage is not null)
                {
                    failures.Add(damage);
                    progress.Report(new($"{damage.Message} Set aside as {folder.Reject(data)}; fetching again"));
                }
            }
            return await Fetch(folder, data, options.From, failures, progress, cancel);
        }
        finally
        {
            console?.Done();
        }
    }

    private static async Task<ImageDataSet> Fetch(
        DataFolder folder,
        ImageData data,
        string? from,
        List<DataSetException> failures,
        IProgress<DataProgress> progress,
        CancellationToken cancel
    )
    {
        if (from is not null)
            return await folder.Install(data, new LocalSource(from), progress, cancel);
        foreach (var source in data.Sources)
        {
            try
            {
                return await folder.Install(data, source, progress, cancel);
            }
            catch (DataSetException e)
            {
                failures.Add(e);
                progress.Report(new(e.Message));
            }
        }
        throw new DataUnavailableException(
            data.Title,
            failures,
            $"If you have the files: --from FILE|FOLDER (iresnet data {data.Name} --from ..., or DataOptions.From)."
        );
    }

    private static bool IsFrom(DataFolder folder, ImageData data, string from) =>
        folder.Find(data)?.Source == new LocalSource(from).Address;

    private static async Task<(ImageDataSet? Set, DataSetException? Damage)> TryOpen(DataFolder folder, ImageData data)
    {
        try
        {
            return (await Task.Run(() => folder.Open(data)), null);
        }
        catch (DataSetException damage)
        {
            return (null, damage);
        }
    }
}
