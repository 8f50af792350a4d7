namespace Extension.Parts;

/// <summary>
/// A convolution that training holds to another norm: the operator's from and to the maximum norm, the largest sum of
/// an output channel's absolute weights. It needs no iteration. Certified norms stay those of the 2-norm.
/// </summary>
internal sealed class RowSumConv2d(ImageShape shape, int inputs, int outputs, SpectralNormOptions options)
    : SpectralConv2d(inputs, outputs, 3, shape.Height, shape.Width, options)
{
    public override void PowerIteration(int iterations) => Sigma.copy_(RowSum(Weight.detach()).view(1));

    public override Tensor Normalized(Tensor weight, Tensor u, Tensor v) =>
        weight / (RowSum(weight) / Options.Coefficient).clamp_min(1);

    private static Tensor RowSum(Tensor weight) => weight.flatten(1).abs().sum(1).max();
}
