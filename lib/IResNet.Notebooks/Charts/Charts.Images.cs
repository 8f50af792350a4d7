using static TorchSharp.torch;

namespace IResNet.Notebooks;

/// <content>Grids of images.</content>
public static partial class Charts
{
    /// <summary>A batch of images as a grid.</summary>
    /// <param name="images">Shape (images, channels, height, width) with 1 or 3 channels; bytes, or values in
    /// <paramref name="range"/>.</param>
    /// <param name="range">
    /// The values of black and of full intensity; by default 0 and 255 for bytes, 0 and 1 for other types. Values
    /// outside are clipped, NaN becomes magenta.
    /// </param>
    /// <exception cref="ArgumentException">The tensor has another shape, or the range is empty.</exception>
    public static ImageGrid Images(Tensor images, (double Min, double Max)? range = null) =>
        new([("", Pixels.Of(images, range))]);

    /// <summary>Batches of images, each in rows of its own under a title: bytes, or values between 0 and 1.</summary>
    /// <exception cref="ArgumentException">A tensor has another shape than (images, 1 or 3 channels, height,
    /// width).</exception>
    public static ImageGrid Images(params (string Title, Tensor Images)[] rows) => Rows(null, rows);

    /// <summary>Batches of images with values in a stated range, each in rows of its own under a title.</summary>
    /// <param name="range">The values of black and of full intensity.</param>
    /// <param name="rows">Titles, and tensors of shape (images, 1 or 3 channels, height, width).</param>
    /// <exception cref="ArgumentException">A tensor has another shape, or the range is empty.</exception>
    public static ImageGrid Images((double Min, double Max) range, params (string Title, Tensor Images)[] rows) =>
        Rows(range, rows);

    /// <summary>Several image grids of which a slider shows one at a time.</summary>
    /// <param name="label">What the slider moves along: "position".</param>
    /// <param name="shown">The grid that is shown first, and as PNG alone, from 0.</param>
    /// <param name="steps">The grids, all of one size, each with what stands beside the slider at it.</param>
    /// <exception cref="ArgumentException">There is no grid, <paramref name="shown"/> is none of them, or their sizes
    /// differ.</exception>
    public static ImageSlider ImageSlider(
        string label,
        int shown,
        params ReadOnlySpan<(string Step, ImageGrid Images)> steps
    ) => new(label, shown, steps);

    private static ImageGrid Rows((double Min, double Max)? range, (string Title, Tensor Images)[] rows) =>
        rows.Length > 0
            ? new([.. rows.Select(row => (row.Title, Pixels.Of(row.Images, range)))])
            : throw new ArgumentException("An image grid needs at least one batch of images.", nameof(rows));
}
