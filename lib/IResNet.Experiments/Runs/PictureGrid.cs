using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Runs;

/// <summary>Small images in rows, as one PNG file.</summary>
internal static class PictureGrid
{
    private const int Gap = 2,
        LeastSide = 256;

    /// <summary>Writes a file.</summary>
    /// <param name="path">The PNG file.</param>
    /// <param name="pictures">Values in [0, 1], shape (n, 1 or 3, height, width).</param>
    public static void Save(string path, Tensor pictures)
    {
        using var bitmap = Draw(pictures);
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        AtomicFile.Write(path, png.SaveTo);
    }

    private static SKBitmap Draw(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        var rgb = (pictures.detach().to(ScalarType.Float32).cpu().clamp(0, 1) * 255)
            .round()
            .to(ScalarType.Byte)
            .expand(-1, 3, -1, -1)
            .permute(0, 2, 3, 1)
            .contiguous();
        var (count, height, width) = ((int)rgb.size(0), (int)rgb.size(1), (int)rgb.size(2));
        int columns = (int)Math.Ceiling(Math.Sqrt(count)),
            rows = (count + columns - 1) / columns;
        int scale = Math.Max(1, LeastSide / (columns * width));
        var bitmap = new SKBitmap(
            columns * (width * scale + Gap) + Gap,
            rows * (height * scale + Gap) + Gap,
            SKColorType.Rgba8888,
            SKAlphaType.Opaque
        );
        bitmap.Erase(SKColors.White);
        var bytes = rgb.bytes;
        for (int i = 0; i < count; i++)
            for (int y = 0; y < height * scale; y++)
                for (int x = 0; x < width * scale; x++)
                {
                    int at = ((i * height + y / scale) * width + x / scale) * 3;
                    bitmap.SetPixel(
                        Gap + i % columns * (width * scale + Gap) + x,
                        Gap + i / columns * (height * scale + Gap) + y,
                        new SKColor(bytes[at], bytes[at + 1], bytes[at + 2])
                    );
                }
        return bitmap;
    }
}
