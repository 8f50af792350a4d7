namespace IResNet.Experiments.Data.Fetching;

/// <summary>MNIST and its kin: four IDX files with published checksums.</summary>
/// <param name="title">The data set's name.</param>
/// <param name="shape">The shape of one image: one channel.</param>
/// <param name="sha256">SHA-256 of the uncompressed files, in the order of <see cref="Files"/>.</param>
/// <param name="classes">Names of the classes.</param>
internal sealed class IdxFormat(string title, ImageShape shape, string[] sha256, IReadOnlyList<string> classes)
    : IImageFormat
{
    private const long LargestFile = 64 << 20;

    public ImageShape Shape => shape;

    public IReadOnlyList<string> Classes => classes;

    public string[] Files { get; } =
    ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];

    public string Import(IEnumerable<DataEntry> entries, string source, string folder, CancellationToken cancel)
    {
        foreach (var entry in entries)
        {
            cancel.ThrowIfCancellationRequested();
            // Some copies call the files train-images.idx3-ubyte.
            int index = Array.IndexOf(Files, entry.Name.Replace(".idx", "-idx"));
            if (index < 0 || File.Exists(Path.Combine(folder, Files[index])))
                continue;
            string target = Path.Combine(folder, Files[index]);
            entry.CopyTo(target, LargestFile);
            var expected = Checksum.Sha256(sha256[index]);
            if (expected.OfFile(target) is var actual && actual != expected.Hex)
                throw new DataIntegrityException($"{source}: {entry.Path}", expected, actual);
        }
        var missing = Files.Where(f => !File.Exists(Path.Combine(folder, f))).ToList();
        return missing.Count == 0
            ? title
            : throw new DataFormatException(
                source,
                $"no {string.Join(", no ", missing)}",
                "the four IDX files, plain or with the ending .gz"
            );
    }

    public ImageDataSet Read(string name, IReadOnlyList<(string Path, byte[] Content)> files)
    {
        var train = Split(files[0], files[1]);
        var test = Split(files[2], files[3]);
        return new(name, classes, train, test);
    }

    private ImageSplit Split((string Path, byte[] Content) images, (string Path, byte[] Content) labels)
    {
        var (found, pixels) = IdxReader.Images(images.Path, images.Content);
        if (found != shape)
            throw new DataFormatException(images.Path, $"images of {found}", $"images of {shape}");
        var classOf = IdxReader.Labels(labels.Path, labels.Content, classes.Count);
        return pixels.Length / shape.Dimensions == classOf.Length
            ? new(shape, pixels, classOf)
            : throw new DataFormatException(
                labels.Path,
                $"{classOf.Length:N0} labels",
                $"{pixels.Length / shape.Dimensions:N0}, one per image"
            );
    }
}
