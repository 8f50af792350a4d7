namespace IResNet;

/// <summary>The place of a block in a flow, and what the flow's configuration asks of it.</summary>
public sealed record BlockSite
{
    /// <summary>Channels of the maps, or dimensions of the points.</summary>
    public required int Channels { get; init; }

    /// <summary>Shape of the maps; null for points.</summary>
    public ImageShape? Shape { get; init; }

    /// <summary>
    /// Width of a branch's inner maps, one number; for points the widths of its hidden layers; what each concatenation
    /// of an i-DenseNet adds.
    /// </summary>
    public required IReadOnlyList<int> Hidden { get; init; }

    /// <summary>For points in an i-DenseNet the width of a linear layer before the concatenations; null for
    /// none.</summary>
    public int? Entrance { get; init; }

    /// <summary>Spectral normalization of every layer of a branch.</summary>
    public required SpectralNormOptions SpectralNorm { get; init; }

    /// <summary>Nonlinearity.</summary>
    public required ActivationKind Activation { get; init; }

    /// <summary>
    /// Whether an activation comes first in a residual branch: not for 2-D points, nor in a network's first block.
    /// </summary>
    public bool LeadingActivation { get; init; }

    /// <summary>
    /// Height of the map on which norms are taken: the shape's, or that of the map before a squeeze, see
    /// <see cref="FlowConfig.NormBeforeSqueeze"/>.
    /// </summary>
    public int? NormHeight { get; init; }

    /// <summary>Width, likewise.</summary>
    public int? NormWidth { get; init; }
}
