namespace IResNet;

/// <summary>
/// The architecture of a <see cref="ResNet"/>: stages of bottleneck blocks, each stage at one resolution. The lists
/// have one entry per stage.
/// </summary>
public sealed record ResNetConfig
{
    /// <summary>Shape of the images.</summary>
    public required ImageShape Input { get; init; }

    /// <summary>Residual blocks per stage. A network with 18 per stage has 164 layers.</summary>
    public IReadOnlyList<int> Blocks { get; init; } = [18, 18, 18];

    /// <summary>Channels of the 3x3 convolutions per stage; the feature maps have four times as many.</summary>
    public IReadOnlyList<int> Widths { get; init; } = [16, 32, 64];

    /// <summary>
    /// Whether BatchNorm precedes each nonlinearity. Without it the convolutions have biases instead.
    /// </summary>
    public bool BatchNorm { get; init; } = true;

    /// <summary>
    /// ResNet-164 (He et al., 2016), the baseline of Table 2: 1.70 million parameters for ten classes.
    /// </summary>
    /// <param name="input">Shape of the images.</param>
    public static ResNetConfig ResNet164(ImageShape input) => new() { Input = input };

    /// <summary>Refuses lists of unequal length and counts below 1.</summary>
    /// <exception cref="ArgumentException">The configuration cannot be built; the message names the entry.</exception>
    public void Validate()
    {
        if (Blocks.Count == 0 || Blocks.Count != Widths.Count)
            throw new ArgumentException(
                $"Blocks and Widths need one entry per stage, but have {Blocks.Count} and {Widths.Count}.",
                nameof(Blocks)
            );
        foreach (int count in Blocks)
            Guard.AtLeast(count, 1, nameof(Blocks));
        foreach (int width in Widths)
            Guard.AtLeast(width, 1, nameof(Widths));
        Guard.AtLeast(Input.Channels, 1, nameof(Input));
        Guard.AtLeast(Input.Height, 1, nameof(Input));
        Guard.AtLeast(Input.Width, 1, nameof(Input));
    }
}
