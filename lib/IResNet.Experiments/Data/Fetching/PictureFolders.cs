using SkiaSharp;

namespace IResNet.Experiments.Data.Fetching;

/// <summary>JPEG pictures in folders <c>train/CLASS</c> and <c>test/CLASS</c>, collected as CIFAR rows.</summary>
/// <param name="classes">Names of the classes: the folders' names.</param>
/// <param name="labelBytes">Label bytes of a row; the last is the class.</param>
internal sealed class PictureFolders(string[] classes, int labelBytes)
{
    private const int LargestPicture = 1 << 20;
    private readonly List<(string Split, int Class, string Name, byte[] Row)> _pictures = [];

    public bool IsEmpty => _pictures.Count == 0;

    /// <summary>Takes a picture; leaves other files alone.</summary>
    /// <exception cref="DataFormatException">It is no 32x32 picture, or its folder is no class.</exception>
    public void TryAdd(DataEntry entry)
    {
        string[] path = entry.Path.Split('/');
        if (
            path is not [.., var split and ("train" or "test"), var folder, var name]
            || !(
                name.EndsWith(".jpg", StringComparison.OrdinalIgnoreCase)
                || name.EndsWith(".jpeg", StringComparison.OrdinalIgnoreCase)
            )
        )
            return;
        int label = Array.IndexOf(classes, folder);
        if (label < 0)
            throw new DataFormatException(entry.Path, $"a folder '{folder}'", $"a class: {string.Join(", ", classes)}");
        byte[] row = new byte[CifarReader.RowBytes(labelBytes)];
        row[labelBytes - 1] = (byte)label;
        Decode(entry, row.AsSpan(labelBytes));
        _pictures.Add((split, label, name, row));
    }

    /// <summary>
    /// The rows of one split. The classes take turns (first picture of each class, second of each, ...), so that the
    /// first thousand rows are a fair sample as they are in the published files.
    /// </summary>
    public List<byte[]> Rows(string split) =>
        [
            .. _pictures
                .Where(p => p.Split == split)
                .GroupBy(p => p.Class)
                .SelectMany(g =>
                    g.OrderBy(p => p.Name, StringComparer.Ordinal).Select((p, index) => (Index: index, p.Class, p.Row))
                )
                .OrderBy(p => p.Index)
                .ThenBy(p => p.Class)
                .Select(p => p.Row),
        ];

    /// <summary>Red plane, green plane, blue plane.</summary>
    private static void Decode(DataEntry entry, Span<byte> planes)
    {
        using var encoded = new MemoryStream();
        entry.CopyTo(encoded, LargestPicture);
        using var data = SKData.CreateCopy(encoded.GetBuffer(), (ulong)encoded.Length);
        using var codec = SKCodec.Create(data);
        if (codec is not { EncodedFormat: SKEncodedImageFormat.Jpeg, Info: { Width: 32, Height: 32 } })
            throw new DataFormatException(
                entry.Path,
                codec is null ? "no picture" : $"a {codec.EncodedFormat} of {codec.Info.Width}x{codec.Info.Height}",
                "a JPEG of 32x32"
            );
        using var picture = new SKBitmap(new SKImageInfo(32, 32, SKColorType.Rgba8888, SKAlphaType.Opaque));
        if (codec.GetPixels(picture.Info, picture.GetPixels()) is var result && result != SKCodecResult.Success)
            throw new DataFormatException(entry.Path, $"a damaged picture ({result})", "an intact JPEG");
        var rgba = picture.GetPixelSpan();
        for (int i = 0; i < 1024; i++)
            (planes[i], planes[1024 + i], planes[2048 + i]) = (rgba[4 * i], rgba[4 * i + 1], rgba[4 * i + 2]);
    }
}
