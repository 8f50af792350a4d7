namespace IResNet;

/// <summary>
/// What a flow's blocks are. Around them the architecture is the same, so that models can be compared at equal depth
/// and width.
/// </summary>
public enum BlockKind
{
    /// <summary>The i-ResNet: ActNorm and a <see cref="ResidualBlock"/>.</summary>
    Residual,

    /// <summary>
    /// Glow (Kingma and Dhariwal 2018): ActNorm, <see cref="InvertibleLinear"/>, affine <see cref="CouplingLayer"/>.
    /// </summary>
    AffineGlow,

    /// <summary>
    /// The second Glow variant of Table 3: ActNorm, <see cref="Reversal"/>, additive <see cref="CouplingLayer"/>.
    /// </summary>
    AdditiveGlow,
}
