using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Figures;

/// <summary>The norm of one zero-padded convolution, taken in the ways that section 2.1 compares.</summary>
/// <param name="Reshaped">The largest singular value of the kernel reshaped to a matrix (outputs, inputs k k), the
/// proxy of Miyato et al. (2018): no bound of the operator.</param>
/// <param name="Exact">The largest singular value of the operator's own matrix.</param>
/// <param name="Circular">The same with circular padding, by Fourier transform (Sedghi et al., 2019): the paper's check
/// after training.</param>
/// <param name="Certified">An upper bound that holds at every image size, see
/// <see cref="OperatorNorm.CertifiedBound"/>.</param>
public sealed record KernelNorms(double Reshaped, double Exact, double Circular, double Certified)
{
    // The matrix of a larger operator takes minutes and gigabytes.
    private const int LargestMatrix = 2048;

    /// <summary>Measures a kernel.</summary>
    /// <param name="kernel">Shape (outputs, inputs, k, k), k odd.</param>
    /// <param name="height">Height of the feature map, at least k.</param>
    /// <param name="width">Width of the feature map, at least k.</param>
    /// <exception cref="ShapeException">The kernel is larger than the map, or the operator is too large for its
    /// matrix.</exception>
    public static KernelNorms Of(Tensor kernel, int height, int width)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var weight = kernel.detach().to(ScalarType.Float64);
        return new(
            OperatorNorm.OfMatrix(weight.flatten(1)),
            OperatorNorm.OfMatrix(Matrix(weight, height, width)),
            OperatorNorm.Circular(weight, height, width),
            OperatorNorm.CertifiedBound(weight)
        );
    }

    /// <summary>
    /// The matrix of a convolution with stride 1 and zero padding, shape (outputs height width, inputs height width),
    /// in float64.
    /// </summary>
    /// <param name="kernel">Shape (outputs, inputs, k, k), k odd.</param>
    /// <param name="height">Height of the feature map.</param>
    /// <param name="width">Width of the feature map.</param>
    /// <exception cref="ShapeException">The operator is too large for it.</exception>
    public static Tensor Matrix(Tensor kernel, int height, int width)
    {
        long inputs = kernel.size(1) * height * width,
            outputs = kernel.size(0) * height * width;
        if (Math.Max(inputs, outputs) > LargestMatrix)
            throw new ShapeException(
                $"The operator's matrix would be {outputs}x{inputs}; up to {LargestMatrix}x{LargestMatrix} is "
                    + "feasible. Take a smaller map or fewer channels."
            );
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        // Every unit vector is an image of a batch; what comes out are the matrix's columns.
        var units = eye(inputs, dtype: ScalarType.Float64, device: kernel.device)
            .view(inputs, kernel.size(1), height, width);
        var columns = nn.functional.conv2d(
            units,
            kernel.detach().to(ScalarType.Float64),
            padding: [kernel.size(2) / 2, kernel.size(3) / 2]
        );
        return columns.flatten(1).t().MoveToOuterDisposeScope();
    }
}
