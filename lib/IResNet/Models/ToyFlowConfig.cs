namespace IResNet;

/// <summary>The architecture of a <see cref="ToyFlow"/>. The defaults are the paper's.</summary>
public sealed record ToyFlowConfig
{
    /// <summary>What the blocks are.</summary>
    public BlockKind Kind { get; init; } = BlockKind.Residual;

    /// <summary>Number of blocks.</summary>
    public int Blocks { get; init; } = 100;

    /// <summary>Widths of the hidden layers of each branch or coupling.</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [64, 64, 64];

    /// <summary>Nonlinearity of the branches or networks.</summary>
    public ActivationKind Activation { get; init; } = ActivationKind.Elu;

    /// <summary>Spectral normalization of every layer of the residual branches.</summary>
    public SpectralNormOptions SpectralNorm { get; init; } = new();

    /// <summary>Refuses counts below 1.</summary>
    /// <exception cref="ArgumentException">The configuration cannot be built; the message names the entry.</exception>
    public void Validate()
    {
        Guard.AtLeast(Blocks, 1, nameof(Blocks));
        foreach (int width in Hidden)
            Guard.AtLeast(width, 1, nameof(Hidden));
    }
}
