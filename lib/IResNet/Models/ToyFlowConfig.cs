namespace IResNet;

/// <summary>The architecture of a <see cref="ToyFlow"/>. The defaults are the paper's.</summary>
public sealed record ToyFlowConfig
{
    /// <summary>What the blocks are.</summary>
    public BlockKind Kind { get; init; } = BlockKind.Residual;

    /// <summary>Number of blocks.</summary>
    public int Blocks { get; init; } = 100;

    /// <summary>Widths of the hidden layers of each branch or coupling; what each concatenation of an i-DenseNet
    /// adds.</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [64, 64, 64];

    /// <summary>Nonlinearity of the branches or networks.</summary>
    public ActivationKind Activation { get; init; } = ActivationKind.Elu;

    /// <summary>Spectral normalization of every layer of the residual branches.</summary>
    public SpectralNormOptions SpectralNorm { get; init; } = new();

    /// <summary>
    /// Whether an activation comes first in a residual branch, as in Residual Flows; then a branch is blind where the
    /// activation is flat.
    /// </summary>
    public bool LeadingActivation { get; init; }

    /// <summary>Whether ActNorm stands behind each block (before each of a Glow).</summary>
    public bool ActNorm { get; init; } = true;

    /// <summary>Whether one more stands in front of a flow of residual blocks, as in Residual Flows.</summary>
    public bool LeadingActNorm { get; init; }

    /// <summary>Which parameters describe them; those of Residual Flows are
    /// <see cref="ActNormForm.ShiftFirst"/>.</summary>
    public ActNormForm ActNormForm { get; init; } = ActNormForm.ScaleFirst;

    /// <summary>Refuses counts below 1.</summary>
    /// <exception cref="ArgumentException">The configuration cannot be built; the message names the entry.</exception>
    public void Validate()
    {
        Guard.AtLeast(Blocks, 1, nameof(Blocks));
        foreach (int width in Hidden)
            Guard.AtLeast(width, 1, nameof(Hidden));
    }
}
