namespace IResNet;

/// <summary>
/// The architecture of a convolutional i-ResNet, or of a Glow of the same form: stages of blocks, each stage at one
/// resolution. The lists have one entry per stage.
/// </summary>
public sealed record FlowConfig
{
    /// <summary>Shape of the images.</summary>
    public required ImageShape Input { get; init; }

    /// <summary>What the blocks are.</summary>
    public BlockKind Kind { get; init; } = BlockKind.Residual;

    /// <summary>Blocks per stage.</summary>
    public IReadOnlyList<int> Blocks { get; init; } = [4, 4];

    /// <summary>2 for a stage that starts with a squeeze, 1 for one that does not.</summary>
    public IReadOnlyList<int> Strides { get; init; } = [1, 2];

    /// <summary>Width of the residual branches, or of the coupling layers' networks, a stage.</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [32, 32];

    /// <summary>
    /// alpha of a <see cref="LogitTransform"/> in front, for dequantised pixels in [0, 1); null for none, as in the
    /// paper. Where many pixels are 0, as in MNIST, it takes from the blocks most of the stretching.
    /// </summary>
    public double? LogitAlpha { get; init; }

    /// <summary>Zero channels appended to the input, after the initial squeeze. 0 for densities.</summary>
    public int Padding { get; init; }

    /// <summary>Whether the images are squeezed once before the first stage.</summary>
    public bool InitialSqueeze { get; init; }

    /// <summary>Nonlinearity of the branches or networks.</summary>
    public ActivationKind Activation { get; init; } = ActivationKind.Elu;

    /// <summary>Spectral normalization of every layer of the residual branches.</summary>
    public SpectralNormOptions SpectralNorm { get; init; } = new();

    /// <summary>Whether ActNorm precedes each block.</summary>
    public bool ActNorm { get; init; } = true;

    /// <summary>Whether the prior's mean and scale are learned.</summary>
    public bool LearnedPrior { get; init; } = true;

    /// <summary>
    /// Whether F is learned, blocks and ActNorm. Without it the rest is alone, the prior or a classifier's head, on
    /// features that stay as they were loaded; a step then takes no gradient of F.
    /// </summary>
    public bool LearnedTransform { get; init; } = true;

    /// <summary>
    /// The official single-scale network takes the norms in the first block of a squeezed stage at the size before the
    /// squeeze, twice too large a side. The larger map has the larger norm, so this is only conservative; it is needed
    /// to exchange weights with that code.
    /// </summary>
    public bool NormBeforeSqueeze { get; init; }

    /// <summary>Refuses lists of unequal length, strides other than 1 and 2, counts below 1 and a logit's alpha out of
    /// range.</summary>
    /// <exception cref="ArgumentException">The configuration cannot be built; the message names the entry.</exception>
    public void Validate()
    {
        if (Blocks.Count == 0 || Blocks.Count != Strides.Count || Blocks.Count != Hidden.Count)
            throw new ArgumentException(
                $"Blocks, Strides and Hidden need one entry per stage, but have {Blocks.Count}, {Strides.Count} and "
                    + $"{Hidden.Count}.",
                nameof(Blocks)
            );
        foreach (int stride in Strides)
            if (stride is not (1 or 2))
                throw new ArgumentOutOfRangeException(
                    nameof(Strides),
                    stride,
                    "A stride is 1 (keep the size) or 2 (squeeze)."
                );
        foreach (int count in Blocks)
            Guard.AtLeast(count, 1, nameof(Blocks));
        foreach (int width in Hidden)
            Guard.AtLeast(width, 1, nameof(Hidden));
        if (LogitAlpha is { } alpha)
            LogitTransform.Demand(alpha);
        Guard.AtLeast(Padding, 0, nameof(Padding));
        Guard.AtLeast(Input.Channels, 1, nameof(Input));
    }

    /// <summary>F of its parts, learned or not.</summary>
    internal Sequence Transform(IReadOnlyList<Bijection> parts)
    {
        var transform = new Sequence(parts);
        foreach (var parameter in transform.parameters())
            parameter.requires_grad = LearnedTransform;
        return transform;
    }
}
