namespace IResNet;

/// <summary>A step of flow as in Glow, but for its ActNorm.</summary>
internal static class Glow
{
    /// <summary>The mixing of the channels, and the coupling layer.</summary>
    /// <param name="kind">One of the Glow kinds.</param>
    /// <param name="channels">Channels of the maps, or dimensions of the points.</param>
    /// <param name="coupling">Makes the coupling layer, affine or not. Called second, so that initial weights are drawn
    /// in forward order.</param>
    public static IEnumerable<Bijection> Step(BlockKind kind, int channels, Func<bool, CouplingLayer> coupling) =>
        kind switch
        {
            BlockKind.AffineGlow => [new InvertibleLinear(channels), coupling(true)],
            BlockKind.AdditiveGlow => [new Reversal(), coupling(false)],
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown kind of block."),
        };
}
