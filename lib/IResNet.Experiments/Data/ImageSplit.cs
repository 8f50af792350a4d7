namespace IResNet.Experiments.Data;

/// <summary>
/// Some labelled images as bytes. Parts are taken with ranges (<c>test[..1000]</c>) and share the memory.
/// </summary>
public sealed class ImageSplit
{
    /// <summary>Wraps images and labels without a copy.</summary>
    /// <param name="shape">The shape of one image.</param>
    /// <param name="images">Pixels 0-255, image after image, each channels x height x width.</param>
    /// <param name="labels">One class per image.</param>
    /// <exception cref="ArgumentException">Images and labels differ in number.</exception>
    public ImageSplit(ImageShape shape, ReadOnlyMemory<byte> images, ReadOnlyMemory<byte> labels)
    {
        if (shape.Dimensions < 1 || images.Length != (long)labels.Length * shape.Dimensions)
            throw new ArgumentException(
                $"{images.Length:N0} bytes are not {labels.Length:N0} images of {shape}.",
                nameof(images)
            );
        (Shape, Images, Labels) = (shape, images, labels);
    }

    /// <summary>The shape of one image.</summary>
    public ImageShape Shape { get; }

    /// <summary>Pixels 0-255, image after image, each channels x height x width (NCHW).</summary>
    public ReadOnlyMemory<byte> Images { get; }

    /// <summary>The class of each image.</summary>
    public ReadOnlyMemory<byte> Labels { get; }

    /// <summary>How many images.</summary>
    public int Count => Labels.Length;

    /// <summary>The pixels of one image, channels x height x width.</summary>
    public ReadOnlySpan<byte> Image(int index) =>
        Images.Span.Slice(checked(index * Shape.Dimensions), Shape.Dimensions);

    /// <summary>The class of one image.</summary>
    public int Label(int index) => Labels.Span[index];

    /// <summary>A part, sharing the memory; what <c>split[start..end]</c> calls.</summary>
    public ImageSplit Slice(int start, int length) =>
        new(
            Shape,
            Images.Slice(checked(start * Shape.Dimensions), checked(length * Shape.Dimensions)),
            Labels.Slice(start, length)
        );
}
