namespace IResNet.Experiments.Benchmarking;

/// <summary>
/// Floating-point operations of a "chain": the linear layers of all residual branches once, for one example. A forward
/// pass costs one chain, a Jacobian product one, a backward pass two.
/// </summary>
internal static class ChainCost
{
    /// <summary>One chain; a multiply-add counts as two. Pointwise work is left out.</summary>
    public static double Of(Flow flow) =>
        flow.ResidualBlocks.Sum(block =>
            block.Branch switch
            {
                ConvBranch branch => 2.0 * branch.Shape.Height * branch.Shape.Width * Weights(branch),
                var branch => 2.0 * Weights(branch),
            }
        );

    /// <summary>
    /// One iteration of power iteration on every layer: a product with the operator and one with its transpose.
    /// </summary>
    public static double PowerIteration(Flow flow) =>
        flow
            .ResidualBlocks.SelectMany(block => block.Branch.Layers)
            .Sum(layer =>
                2
                * 2.0
                * layer.Weight.numel()
                * (
                    layer is SpectralConv2d { Kernel: > 1 } convolution
                        ? convolution.NormHeight * convolution.NormWidth
                        : 1
                )
            );

    private static double Weights(ResidualBranch branch) => branch.Layers.Sum(layer => (double)layer.Weight.numel());
}
