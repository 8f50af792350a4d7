using SkiaSharp;

namespace IResNet.Notebooks;

/// <summary>
/// Images in rows, each row under its title, as one PNG. Pixels are enlarged by a whole factor without smoothing, so
/// that what is seen is what the model made. Made by
/// <see cref="Charts.Images(ValueTuple{string, TorchSharp.torch.Tensor}[])"/>.
/// </summary>
public sealed class ImageGrid
{
    private const int TargetWidth = 700,
        MostWidth = 1400,
        LargestScale = 8,
        MostColumns = 16,
        Gap = 2,
        Margin = 8,
        TitleHeight = 22;

    private readonly IReadOnlyList<(string Title, Pixels Images)> _rows;

    internal ImageGrid(IReadOnlyList<(string Title, Pixels Images)> rows) => _rows = rows;

    /// <summary>How many images there are.</summary>
    public int Count => _rows.Sum(row => row.Images.Count);

    /// <summary>The grid as PNG.</summary>
    public byte[] ToPng()
    {
        var (columns, scale) = Layout;
        var (width, height) = Size;
        using var surface = SKSurface.Create(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        surface.Canvas.Clear(SKColor.Parse(Palette.Background));
        int top = Margin;
        foreach (var row in _rows)
        {
            Draw(surface.Canvas, row, top, columns, scale);
            top += HeightOf(row, columns, scale);
        }
        using var image = surface.Snapshot();
        using var png = image.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    /// <summary>The size of the picture in its pixels.</summary>
    internal (int Width, int Height) Size
    {
        get
        {
            var (columns, scale) = Layout;
            return (
                Math.Max(2 * Margin + columns * (Widest * scale + Gap) - Gap, 240),
                2 * Margin + _rows.Sum(row => HeightOf(row, columns, scale))
            );
        }
    }

    private int Widest => Math.Max(1, _rows.Max(row => row.Images.Width));

    private (int Columns, int Scale) Layout
    {
        get
        {
            int wanted = _rows.Count == 1 ? (int)Math.Ceiling(Math.Sqrt(Count)) : _rows.Max(row => row.Images.Count),
                columns = Math.Clamp(wanted, 1, Math.Clamp(MostWidth / (Widest + Gap), 1, MostColumns));
            return (columns, Math.Clamp((TargetWidth / columns - Gap) / Widest, 1, LargestScale));
        }
    }

    /// <summary>One line that says what the grid shows, for readers without pictures.</summary>
    public override string ToString() =>
        "images: "
        + string.Join(
            ", ",
            _rows.Select(row =>
                $"{(row.Title.Length > 0 ? row.Title + " " : "")}{Shown(row.Images)} of "
                    + $"{row.Images.Height}x{row.Images.Width}"
            )
        );

    private static string Heading((string Title, Pixels Images) row)
    {
        string note =
            row.Images.Given == 0 ? "(no images)"
            : row.Images.Count < row.Images.Given ? $"({Shown(row.Images)})"
            : "";
        return $"{row.Title} {note}".Trim();
    }

    private static string Shown(Pixels images) =>
        images.Count < images.Given ? $"{images.Count} of {images.Given}" : $"{images.Count}";

    private static int HeightOf((string Title, Pixels Images) row, int columns, int scale)
    {
        int lines = (row.Images.Count + columns - 1) / columns;
        return lines * (row.Images.Height * scale + Gap) + (Heading(row).Length > 0 ? TitleHeight : 0);
    }

    private static void Draw(SKCanvas canvas, (string Title, Pixels Images) row, int top, int columns, int scale)
    {
        if (Heading(row).Length > 0)
        {
            using var typeface = ChartFont.CreateTypeface();
            using var font = new SKFont(typeface, 14);
            using var paint = new SKPaint { Color = SKColor.Parse(Palette.Text), IsAntialias = true };
            canvas.DrawText(Heading(row), Margin, top + 15, SKTextAlign.Left, font, paint);
            top += TitleHeight;
        }
        int width = row.Images.Width * scale,
            height = row.Images.Height * scale;
        for (int i = 0; i < row.Images.Count; i++)
        {
            using var image = row.Images.Image(i);
            int left = Margin + i % columns * (width + Gap),
                down = top + i / columns * (height + Gap);
            canvas.DrawImage(
                image,
                SKRect.Create(left, down, width, height),
                new SKSamplingOptions(SKFilterMode.Nearest)
            );
        }
    }
}
