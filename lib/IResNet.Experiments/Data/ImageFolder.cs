using System.Globalization;
using IResNet.Experiments.Data.Fetching;
using NumSharp;
using SkiaSharp;

namespace IResNet.Experiments.Data;

/// <summary>
/// A folder of a person's own images as a data set. A folder in it is a class, named so; images beside no such folder
/// are one class. Where <c>train</c> and <c>test</c> are there, the classes are in these; else each fifth image of a
/// class, in the order of the names, is a test image. Files: PNG, JPEG, NumPy arrays (<c>.npy</c>, unsigned bytes, of
/// shape (n, height, width), (n, height, width, channels) or (n, channels, height, width) with 1 or 3 channels), IDX
/// images (<c>-idx3-ubyte</c>, also with <c>.gz</c>). All images have one size; they have three channels if one of them
/// has colours, else one.
/// </summary>
internal sealed class ImageFolder
{
    /// <summary>Before a folder's path, this makes the name of a data set.</summary>
    public const string Prefix = "folder:";

    private const int LargestSide = 1024,
        FewestImages = 10,
        TestEvery = 5,
        MostClasses = 256;
    private const long LargestFile = 1L << 30;

    private readonly string _path;
    private readonly List<Item> _train,
        _test;

    private ImageFolder(string path)
    {
        _path = Path.GetFullPath(path);
        if (!Directory.Exists(_path))
            throw new DataFetchException(_path, "there is no such folder of images");
        string[] splits = [Path.Combine(_path, "train"), Path.Combine(_path, "test")];
        bool divided = splits.All(Directory.Exists);
        Classes = ClassesOf(divided ? splits : [_path]);
        if (divided)
            (_train, _test) = (Read(splits[0]), Read(splits[1]));
        else
        {
            var all = Read(_path);
            (_train, _test) = (
                [.. all.Where(item => item.Index % TestEvery != TestEvery - 1)],
                [.. all.Where(item => item.Index % TestEvery == TestEvery - 1)]
            );
        }
        int count = _train.Count + _test.Count;
        if (count < FewestImages || _train.Count == 0 || _test.Count == 0)
            throw new DataFormatException(
                _path,
                $"{_train.Count} images to train with and {_test.Count} to test with",
                $"{FewestImages} images or more (.png, .jpg, .npy, -idx3-ubyte), some of them in each class"
            );
        Shape = ShapeOf([.. _train, .. _test]);
    }

    /// <summary>The names of the classes, in their order.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>The shape of one image.</summary>
    public ImageShape Shape { get; }

    /// <summary>Whether a data set's name means a folder.</summary>
    public static bool IsNamed(string name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Reads what is there: names, sizes and number of the images.</summary>
    /// <param name="name">The data set's name, or the folder's path.</param>
    /// <exception cref="DataSetException">It is no folder of images of one size; the message names the
    /// file.</exception>
    public static ImageFolder Open(string name) => new(IsNamed(name) ? name[Prefix.Length..] : name);

    /// <summary>Reads the images.</summary>
    /// <exception cref="DataFormatException">An image is damaged.</exception>
    public ImageDataSet Load(CancellationToken cancel) =>
        new(Path.GetFileName(_path), Classes, Pixels(_train, cancel), Pixels(_test, cancel));

    private static string[] ClassesOf(string[] splits)
    {
        string[] names =
        [
            .. splits
                .SelectMany(Directory.GetDirectories)
                .Where(folder => Files(folder).Length > 0)
                .Select(folder => Path.GetFileName(folder))
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];
        foreach (string split in splits)
            if (names.Length > 0 && Files(split) is [var stray, ..])
                throw new DataFormatException(
                    stray,
                    $"an image beside the classes' folders ({string.Join(", ", names.Take(3))})",
                    "every image in the folder of its class"
                );
        if (names.Length > MostClasses)
            throw new DataFormatException(splits[0], $"{names.Length} classes", $"at most {MostClasses}");
        return names.Length > 0 ? names : ["images"];
    }

    /// <summary>The images of a split. The classes take turns, so that any part is a fair sample.</summary>
    private List<Item> Read(string split) =>
        [
            .. Classes
                .SelectMany(
                    (name, label) =>
                        FilesOf(split, name)
                            .SelectMany(ItemsOf)
                            .Select((item, index) => item with { Index = index, Label = label })
                )
                .OrderBy(item => item.Index)
                .ThenBy(item => item.Label),
        ];

    private static string[] FilesOf(string split, string name)
    {
        string folder = Path.Combine(split, name);
        return Directory.Exists(folder) ? Files(folder) : Files(split);
    }

    private static string[] Files(string folder) =>
        [.. Directory.GetFiles(folder).Where(IsImages).Order(StringComparer.Ordinal)];

    private static bool IsImages(string file) => IsPicture(file) || IsArray(file) || IsIdx(file);

    private static bool IsPicture(string file) =>
        Path.GetExtension(file).ToLowerInvariant() is ".png" or ".jpg" or ".jpeg";

    private static bool IsArray(string file) => Path.GetExtension(file).ToLowerInvariant() is ".npy";

    private static bool IsIdx(string file) =>
        Path.GetFileName(file) is var name
        && (
            name.EndsWith("idx3-ubyte", StringComparison.Ordinal)
            || name.EndsWith("idx3-ubyte.gz", StringComparison.Ordinal)
        );

    private static IEnumerable<Item> ItemsOf(string file)
    {
        if (IsPicture(file))
            return [new Item(file, PictureShape(file), null, 0)];
        var (shape, pixels) = IsArray(file) ? ArrayOf(file) : IdxReader.Images(file, Content(file));
        return Enumerable
            .Range(0, pixels.Length / shape.Dimensions)
            .Select(i => new Item(file, shape, pixels.Slice(i * shape.Dimensions, shape.Dimensions), i));
    }

    private static byte[] Content(string file)
    {
        if (new FileInfo(file).Length > LargestFile)
            throw new DataFormatException(
                file,
                $"{new FileInfo(file).Length:N0} bytes",
                $"at most {LargestFile:N0}: divide it"
            );
        var entry = DataEntries.In(file).Single();
        using var content = new MemoryStream();
        entry.CopyTo(content, LargestFile);
        return content.ToArray();
    }

    private static ImageShape PictureShape(string file)
    {
        using var codec = SKCodec.Create(file);
        if (codec is null)
            throw new DataFormatException(file, "no picture that can be read", "an intact PNG or JPEG");
        return new(codec.Info.ColorType == SKColorType.Gray8 ? 1 : 3, codec.Info.Height, codec.Info.Width);
    }

    /// <summary>The pixels of an array as NCHW.</summary>
    private static (ImageShape Shape, ReadOnlyMemory<byte> Pixels) ArrayOf(string file)
    {
        const string Expected =
            "unsigned bytes (uint8) of shape (n, height, width), (n, height, width, 1 or 3) or "
            + "(n, 1 or 3, height, width)";
        NDArray array;
        try
        {
            array = np.load_npy(Content(file));
        }
        catch (Exception damage)
            when (damage is FormatException or IOException or OutOfMemoryException or NotSupportedException)
        {
            throw new DataFormatException(file, $"a damaged array ({damage.Message})", Expected, damage);
        }
        int[] sizes = [.. array.shape.Select(size => checked((int)size))];
        if (array.dtype != typeof(byte))
            throw new DataFormatException(file, $"numbers of type {array.dtype.Name}", Expected);
        byte[] bytes = array.ToArray<byte>();
        return sizes switch
        {
            [> 0, > 0, > 0] => (new(1, sizes[1], sizes[2]), bytes),
            [> 0, > 0, > 0, 1 or 3] => (new(sizes[3], sizes[1], sizes[2]), ChannelsFirst(bytes, sizes)),
            [> 0, 1 or 3, > 0, > 0] => (new(sizes[1], sizes[2], sizes[3]), bytes),
            _ => throw new DataFormatException(file, $"shape ({string.Join(", ", sizes)})", Expected),
        };
    }

    private static byte[] ChannelsFirst(byte[] bytes, int[] sizes)
    {
        var (count, area, channels) = (sizes[0], sizes[1] * sizes[2], sizes[3]);
        byte[] result = new byte[bytes.Length];
        for (int i = 0; i < count; i++)
        {
            for (int p = 0; p < area; p++)
            {
                for (int c = 0; c < channels; c++)
                    result[(i * channels + c) * area + p] = bytes[(i * area + p) * channels + c];
            }
        }
        return result;
    }

    private static ImageShape ShapeOf(List<Item> items)
    {
        var first = items[0];
        if (
            items.FirstOrDefault(item =>
                (item.Shape.Height, item.Shape.Width) != (first.Shape.Height, first.Shape.Width)
            ) is
            { } other
        )
            throw new DataFormatException(
                other.File,
                $"an image of {other.Shape.Width}x{other.Shape.Height}",
                $"one size for all, {first.Shape.Width}x{first.Shape.Height} as in {Path.GetFileName(first.File)}: "
                    + "scale or crop them"
            );
        if (Math.Max(first.Shape.Height, first.Shape.Width) > LargestSide)
            throw new DataFormatException(
                first.File,
                $"an image of {first.Shape.Width}x{first.Shape.Height}",
                $"sides of at most {LargestSide}: scale the images down"
            );
        return first.Shape with { Channels = items.Max(item => item.Shape.Channels) };
    }

    private ImageSplit Pixels(List<Item> items, CancellationToken cancel)
    {
        long bytes = (long)items.Count * Shape.Dimensions;
        if (bytes > Array.MaxLength)
            throw new DataFormatException(
                _path,
                string.Create(CultureInfo.InvariantCulture, $"{items.Count:N0} images of {Shape}, {bytes:N0} bytes"),
                $"at most {Array.MaxLength:N0} bytes: take fewer or smaller images"
            );
        byte[] pixels = new byte[bytes];
        foreach (var (i, item) in items.Index())
        {
            cancel.ThrowIfCancellationRequested();
            var target = pixels.AsSpan(i * Shape.Dimensions, Shape.Dimensions);
            if (item.Pixels is { } given)
                Copy(given.Span, item.Shape.Channels, target);
            else
                Decode(item.File, target);
        }
        return new(Shape, pixels, items.Select(item => (byte)item.Label).ToArray());
    }

    /// <summary>Grey goes into all channels.</summary>
    private void Copy(ReadOnlySpan<byte> given, int channels, Span<byte> target)
    {
        int area = Shape.Height * Shape.Width;
        for (int c = 0; c < Shape.Channels; c++)
            given.Slice(channels == 1 ? 0 : c * area, area).CopyTo(target[(c * area)..]);
    }

    private void Decode(string file, Span<byte> planes)
    {
        using var codec = SKCodec.Create(file);
        using var picture = new SKBitmap(
            new SKImageInfo(Shape.Width, Shape.Height, SKColorType.Rgba8888, SKAlphaType.Premul)
        );
        if (
            codec is null
            || codec.GetPixels(picture.Info, picture.GetPixels()) is var result && result != SKCodecResult.Success
        )
            throw new DataFormatException(file, "a damaged picture", "an intact PNG or JPEG");
        var rgba = picture.GetPixelSpan();
        int area = Shape.Height * Shape.Width;
        for (int c = 0; c < Shape.Channels; c++)
        {
            for (int p = 0; p < area; p++)
                planes[c * area + p] = rgba[4 * p + c];
        }
    }

    /// <summary>An image: a file's only one, or one of an array's.</summary>
    private sealed record Item(string File, ImageShape Shape, ReadOnlyMemory<byte>? Pixels, int Index)
    {
        public int Label { get; init; }
    }
}
