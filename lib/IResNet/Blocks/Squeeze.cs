namespace IResNet;

/// <summary>
/// Space to channels: C x H x W to 4C x H/2 x W/2; the pixels (dy, dx) of each 2x2 cell become channels.
/// </summary>
/// <param name="order">Of the channels that come out.</param>
public sealed class Squeeze(SqueezeOrder order = SqueezeOrder.PixelFirst) : Bijection(nameof(Squeeze))
{
    // Axes of (n, C, H/2, dy, W/2, dx), channels, dy and dx in the order of the channels that come out.
    private readonly long[] _forward = order == SqueezeOrder.PixelFirst ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4];

    /// <summary>Of the channels that come out.</summary>
    public SqueezeOrder Order => order;

    /// <inheritdoc/>
    /// <exception cref="ShapeException">x is no batch of images, or its height or width is odd.</exception>
    public override (Tensor y, Tensor logDet) forward(Tensor x)
    {
        var shape = Shape(x).Squeezed();
        using var scope = NewDisposeScope();
        var y = x.reshape(-1, shape.Channels / 4, shape.Height, 2, shape.Width, 2)
            .permute(_forward)
            .reshape(-1, shape.Channels, shape.Height, shape.Width);
        return (y.MoveToOuterDisposeScope(), NoLogDet(x).MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public override InverseResult Inverse(Tensor y, InverseSolver? solver = null)
    {
        var (channels, height, width) = Shape(y);
        if (channels % 4 != 0)
            throw new ShapeException($"A squeezed map has a multiple of four channels, but got {channels}.");
        using var scope = NewDisposeScope();
        var x = (
            order == SqueezeOrder.PixelFirst
                ? y.reshape(-1, 2, 2, channels / 4, height, width).permute(0, 3, 4, 1, 5, 2)
                : y.reshape(-1, channels / 4, 2, 2, height, width).permute(0, 1, 4, 2, 5, 3)
        ).reshape(-1, channels / 4, 2 * height, 2 * width);
        return Exact(x.MoveToOuterDisposeScope());
    }

    /// <summary>1: a permutation.</summary>
    public override double InverseLipschitzBound() => 1;

    /// <summary>The same in every norm.</summary>
    public override double InverseLipschitzBoundIn(double order) => InverseLipschitzBound();

    private static ImageShape Shape(Tensor x)
    {
        if (x.dim() != 4)
            throw new ShapeException(
                $"A squeeze needs images of shape (n, channels, height, width), but got ({string.Join(", ", x.shape)})."
            );
        Guard.NonEmpty(x);
        return new((int)x.size(1), (int)x.size(2), (int)x.size(3));
    }
}

/// <summary>The order of a <see cref="Squeeze"/>'s channels.</summary>
public enum SqueezeOrder
{
    /// <summary>
    /// (2 dy + dx) C + c, of the i-ResNet code: the first half of the channels is the upper row of each cell.
    /// </summary>
    PixelFirst,

    /// <summary>4 c + 2 dy + dx, of <c>pixel_unshuffle</c> and of Residual Flows.</summary>
    ChannelFirst,
}
