namespace IResNet;

/// <summary>The shape of one image or feature map: channels, height, width.</summary>
public readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>d, the number of dimensions.</summary>
    public int Dimensions => Channels * Height * Width;

    /// <summary>The shape after a squeeze: four times the channels, half the height and width.</summary>
    /// <exception cref="ShapeException">Height or width is odd.</exception>
    public ImageShape Squeezed() =>
        Height % 2 == 0 && Width % 2 == 0
            ? new(4 * Channels, Height / 2, Width / 2)
            : throw new ShapeException(
                $"{this} cannot be squeezed: height and width must be even. Pad the images first."
            );

    /// <inheritdoc/>
    public override string ToString() => $"{Channels}x{Height}x{Width}";
}
