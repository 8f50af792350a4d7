namespace IResNet.Lanes;

/// <summary>
/// A kernel's weights in the order in which <see cref="LaneConvolution"/> reads them: [output tile][input][tap][output
/// in tile].
/// </summary>
internal static class LaneWeights
{
    /// <summary>Packs a weight of shape (outputs, inputs, k, k). Outputs beyond the last are zero.</summary>
    public static Tensor Pack(Tensor weight)
    {
        using var scope = NewDisposeScope();
        long outputs = weight.size(0),
            inputs = weight.size(1),
            tiles = LaneGeometry.RoundUp((int)outputs) / LaneGeometry.Tile;
        var w = weight.flatten(2);
        long missing = tiles * LaneGeometry.Tile - outputs;
        if (missing > 0)
            w = nn.functional.pad(w, [0, 0, 0, 0, 0, missing]);
        return w.view(tiles, LaneGeometry.Tile, inputs, -1).permute(0, 2, 3, 1).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Packs the transposed operator: inputs and outputs exchanged, the kernel turned by 180 degrees.
    /// </summary>
    public static Tensor PackTransposed(Tensor weight)
    {
        using var scope = NewDisposeScope();
        return Pack(weight.flip(2, 3).transpose(0, 1)).MoveToOuterDisposeScope();
    }

    /// <summary>Packs a bias: zeros up to a whole tile.</summary>
    public static Tensor PackBias(Tensor bias)
    {
        long missing = LaneGeometry.RoundUp((int)bias.size(0)) - bias.size(0);
        return missing == 0 ? bias.detach().clone() : nn.functional.pad(bias, [0, missing]);
    }
}
