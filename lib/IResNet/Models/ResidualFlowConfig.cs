namespace IResNet;

/// <summary>
/// The architecture of a <see cref="ResidualFlow"/>. The defaults are those of <em>Residual Flows</em> (Chen, Behrmann,
/// Duvenaud, Jacobsen 2019) for CIFAR-10, but for the number of blocks and the widths.
/// </summary>
public sealed record ResidualFlowConfig
{
    /// <summary>Shape of the images.</summary>
    public required ImageShape Input { get; init; }

    /// <summary>What the blocks are: <see cref="BlockKind.Residual"/>, or <see cref="BlockKind.DenseNet"/> for an
    /// i-DenseNet.</summary>
    public BlockKind Kind { get; init; } = BlockKind.Residual;

    /// <summary>Blocks per scale; a squeeze stands between two scales. The paper: 16, 16, 16.</summary>
    public IReadOnlyList<int> Blocks { get; init; } = [4, 4, 4];

    /// <summary>
    /// Width of a residual branch's inner maps, one number (the paper: 512); of an i-DenseNet the channels that each
    /// concatenation adds (its paper: 172, 172, 172).
    /// </summary>
    public IReadOnlyList<int> Hidden { get; init; } = [32];

    /// <summary>Nonlinearity of the branches.</summary>
    public ActivationKind Activation { get; init; } = ActivationKind.LipSwish;

    /// <summary>Spectral normalization of every layer.</summary>
    public SpectralNormOptions SpectralNorm { get; init; } = new() { Coefficient = 0.98 };

    /// <summary>alpha of the <see cref="LogitTransform"/> in front, for pixels in [0, 1]; null for none.</summary>
    public double? LogitAlpha { get; init; } = 0.05;

    /// <summary>Whether ActNorm stands in front and behind each block.</summary>
    public bool ActNorm { get; init; } = true;

    /// <summary>Whether it stands in front of the first block too. In the official code, as all of its presets have it:
    /// <c>first_resblock</c>.</summary>
    public bool FirstActNorm { get; init; } = true;

    /// <summary>Whether an activation comes first in a branch, the first block's excepted. In the official code:
    /// <c>preact</c>.</summary>
    public bool LeadingActivation { get; init; } = true;

    /// <summary>
    /// Whether an activation comes first in the first block too. The official code has one there where there is a
    /// single scale, and without <c>first_resblock</c>.
    /// </summary>
    public bool FirstActivation { get; init; }

    /// <summary>Whether after each squeeze the second half of the channels leaves for the latent vector.</summary>
    public bool FactorOut { get; init; }

    /// <summary>Blocks of dense layers on the flattened last scale, at the end; 0 for none.</summary>
    public int DenseBlocks { get; init; } = 4;

    /// <summary>Widths of their hidden layers; of an i-DenseNet the features that each concatenation adds (32, 32,
    /// 32).</summary>
    public IReadOnlyList<int> DenseHidden { get; init; } = [128, 128];

    /// <summary>Of an i-DenseNet the width of the linear layer before their concatenations (64); null for
    /// none.</summary>
    public int? DenseEntrance { get; init; }

    /// <summary>Refuses counts below 1 and a logit's alpha out of range.</summary>
    /// <exception cref="ArgumentException">The configuration cannot be built; the message names the entry.</exception>
    public void Validate()
    {
        Guard.AtLeast(Blocks.Count, 1, $"{nameof(Blocks)}' number of scales");
        foreach (int count in Blocks)
            Guard.AtLeast(count, 1, nameof(Blocks));
        Guard.AtLeast(Hidden.Count, 1, $"{nameof(Hidden)}'s number of widths");
        foreach (int width in Hidden)
            Guard.AtLeast(width, 1, nameof(Hidden));
        if (Kind == BlockKind.Residual && Hidden.Count != 1)
            throw new ArgumentException(
                $"Hidden has {Hidden.Count} widths, but the two inner maps of a residual branch have one: give one, or "
                    + "take another Kind.",
                nameof(Hidden)
            );
        if (FirstActivation && !LeadingActivation)
            throw new ArgumentException(
                "FirstActivation is for branches that begin with an activation: set LeadingActivation too.",
                nameof(FirstActivation)
            );
        if (Kind == BlockKind.DenseNet && (FirstActivation || !LeadingActivation))
            throw new ArgumentException(
                "The branches of an i-DenseNet have no activation in front: leave out FirstActivation and "
                    + "LeadingActivation.",
                nameof(LeadingActivation)
            );
        Guard.AtLeast(DenseBlocks, 0, nameof(DenseBlocks));
        if (DenseBlocks > 0)
            Guard.AtLeast(DenseHidden.Count, 1, $"{nameof(DenseHidden)}'s number of widths");
        foreach (int width in DenseHidden)
            Guard.AtLeast(width, 1, nameof(DenseHidden));
        if (DenseEntrance is { } entrance)
            Guard.AtLeast(entrance, 1, nameof(DenseEntrance));
        Guard.AtLeast(Input.Channels, 1, nameof(Input));
        if (LogitAlpha is { } alpha)
            LogitTransform.Demand(alpha);
    }
}
