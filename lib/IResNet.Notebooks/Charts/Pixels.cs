using SkiaSharp;
using static TorchSharp.torch;

namespace IResNet.Notebooks;

/// <summary>A batch of images of one size, eight bits per channel.</summary>
internal sealed class Pixels
{
    private const int BytesPerPixel = 4;

    // A page of images: more would not be looked at, and a whole data set would not fit into one picture.
    private const int Most = 256;

    private readonly byte[] _rgba;

    private Pixels(int given, int count, int height, int width)
    {
        (Given, Count, Height, Width) = (given, count, height, width);
        _rgba = new byte[count * height * width * BytesPerPixel];
    }

    /// <summary>How many images the batch had.</summary>
    public int Given { get; }

    /// <summary>How many of them, from the first, are kept.</summary>
    public int Count { get; }

    public int Height { get; }

    public int Width { get; }

    /// <summary>
    /// Copies a batch of grey or colour images, its first 256 where there are more. Values outside of the range are
    /// clipped to its ends; a pixel with a value that is not a number becomes magenta, which no image of a data set has
    /// much of.
    /// </summary>
    /// <param name="images">Shape (images, channels, height, width) with 1 or 3 channels.</param>
    /// <param name="range">The values of black and of full intensity; null for 0 and 255 of bytes, 0 and 1 of other
    /// types.</param>
    /// <exception cref="ArgumentException">The tensor has another shape, or the range is empty.</exception>
    public static Pixels Of(Tensor images, (double Min, double Max)? range)
    {
        TensorReading.RequireReadable(images);
        if (images.dim() != 4 || images.shape[1] is not (1 or 3))
        {
            throw new ArgumentException(
                "Images need the shape [images, channels, height, width] with 1 or 3 channels; this tensor has "
                    + $"[{string.Join(", ", images.shape)}].",
                nameof(images)
            );
        }
        var (min, max) = range ?? (images.dtype == ScalarType.Byte ? (0, 255) : (0, 1));
        if (!(double.IsFinite(max - min) && min < max))
            throw new ArgumentException(
                $"The value range {min} to {max} is empty or not finite: give min < max.",
                nameof(range)
            );

        int given = (int)images.shape[0],
            channels = (int)images.shape[1];
        var pixels = new Pixels(given, Math.Min(given, Most), (int)images.shape[2], (int)images.shape[3]);
        double[] values = TensorReading.ToDoubles(images, pixels.Count);
        int area = pixels.Height * pixels.Width;
        for (int pixel = 0; pixel < pixels.Count * area; pixel++)
        {
            int image = pixel / area,
                place = pixel % area,
                from = image * channels * area + place;
            double red = values[from],
                green = values[from + (channels == 3 ? area : 0)],
                blue = values[from + (channels == 3 ? 2 * area : 0)];
            if (double.IsNaN(red) || double.IsNaN(green) || double.IsNaN(blue))
                pixels.Set(pixel, 255, 0, 255);
            else
                pixels.Set(pixel, Intensity(red, min, max), Intensity(green, min, max), Intensity(blue, min, max));
        }
        return pixels;
    }

    /// <summary>The image with this index, to be disposed by the caller.</summary>
    public SKImage Image(int index) =>
        SKImage.FromPixelCopy(
            new SKImageInfo(Width, Height, SKColorType.Rgba8888, SKAlphaType.Opaque),
            _rgba.AsSpan(index * Height * Width * BytesPerPixel, Height * Width * BytesPerPixel)
        );

    private static byte Intensity(double value, double min, double max) =>
        (byte)Math.Round(Math.Clamp((value - min) / (max - min), 0, 1) * 255);

    private void Set(int pixel, byte red, byte green, byte blue)
    {
        int at = pixel * BytesPerPixel;
        (_rgba[at], _rgba[at + 1], _rgba[at + 2], _rgba[at + 3]) = (red, green, blue, 255);
    }
}
