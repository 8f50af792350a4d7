using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace IResNet.Experiments.Figures;

/// <summary>The norm of a layer of a trained network (Figure 6).</summary>
/// <param name="Block">The residual block, from 1.</param>
/// <param name="Layer">The layer in its branch, from 1.</param>
/// <param name="Kernel">Side of the kernel.</param>
/// <param name="Circular">
/// The largest singular value with circular padding at the layer's own map size, as the paper computes it; exact for
/// 1x1 kernels. On a map hardly larger than the kernel it is far above the layer's own norm, as padding with zeros
/// loses there what circular padding wraps around.
/// </param>
/// <param name="Padded">The layer's own norm, with zero padding at its own map size: what spectral normalization
/// bounds. By subspace iteration until it has converged.</param>
public sealed record LayerNorm(int Block, int Layer, int Kernel, double Circular, double Padded);

/// <summary>
/// The largest singular values of all convolutions in the residual branches of a network (Figure 6, Appendix B).
/// </summary>
public static class LayerNorms
{
    /// <summary>
    /// Of an i-ResNet's weights as they are in use: as trained after <c>Freeze(FrozenNorm.PowerIteration)</c>,
    /// certified after <c>Freeze()</c>, raw where normalization is off.
    /// </summary>
    public static IReadOnlyList<LayerNorm> Of(Flow flow) =>
        [
            .. flow.ResidualBlocks.SelectMany(
                (block, b) =>
                    block.Branch.Layers.Select(
                        (layer, i) =>
                            layer is SpectralConv2d convolution
                                ? Measure(
                                    b + 1,
                                    i + 1,
                                    convolution.EffectiveWeight(),
                                    convolution.NormHeight,
                                    convolution.NormWidth
                                )
                                : throw new ArgumentException(
                                    $"Layer {i + 1} of block {b + 1} is no convolution.",
                                    nameof(flow)
                                )
                    )
            ),
        ];

    /// <summary>
    /// Of a plain network's convolutions alone: the scales of BatchNorm, which also act on the signal, are left out,
    /// and so are the shortcuts.
    /// </summary>
    public static IReadOnlyList<LayerNorm> Of(ResNet network)
    {
        var (norms, height, width) = (new List<LayerNorm>(), network.Config.Input.Height, network.Config.Input.Width);
        foreach (var (b, block) in network.Blocks.Index())
            foreach (var (i, convolution) in block.Convolutions.Index())
            {
                // A strided 1x1 convolution keeps its matrix's norm: images that live on the kept pixels attain it.
                norms.Add(Measure(b + 1, i + 1, convolution.weight!, height, width));
                int stride = (int)convolution.stride![0];
                (height, width) = ((height + stride - 1) / stride, (width + stride - 1) / stride);
            }
        return norms;
    }

    private static LayerNorm Measure(int block, int layer, Tensor weight, int height, int width)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        int kernel = (int)weight.size(2);
        if (kernel > 1)
            return new(
                block,
                layer,
                kernel,
                OperatorNorm.Circular(weight, height, width),
                Padded(weight, height, width)
            );
        double exact = OperatorNorm.OfMatrix(weight.flatten(1));
        return new(block, layer, kernel, exact, exact);
    }

    /// <summary>
    /// By subspace iteration: with several vectors kept orthogonal the error shrinks by the ratio of the values past
    /// the last of them to the first, not of the first two, which lie close.
    /// </summary>
    private static double Padded(Tensor weight, int height, int width)
    {
        const int Iterations = 1000,
            Vectors = 8;
        const double Tolerance = 1e-8; // of an iteration
        using var generator = new Generator(1);
        var kernel = weight.to(ScalarType.Float64);
        long padding = weight.size(2) / 2;
        long[] map = [weight.size(1), height, width];
        var v = Draws.Normal([map[0] * height * width, Vectors], ScalarType.Float64, weight.device, generator);
        double last = 0;
        for (int i = 0; i < Iterations; i++)
        {
            using var used = v;
            using var scope = NewDisposeScope();
            var basis = linalg.qr(v).Q.t();
            var image = nn.functional.conv2d(basis.reshape([-1, .. map]), kernel, padding: [padding, padding]);
            double norm = OperatorNorm.OfMatrix(image.flatten(1));
            v = nn
                .functional.conv_transpose2d(image, kernel, padding: [padding, padding])
                .flatten(1)
                .t()
                .MoveToOuterDisposeScope();
            if (norm <= last * (1 + Tolerance))
                return norm;
            last = norm;
        }
        return last;
    }
}
