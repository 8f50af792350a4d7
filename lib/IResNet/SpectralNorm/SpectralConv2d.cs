namespace IResNet;

/// <summary>
/// A convolution with stride 1 and zero padding that keeps the image size, held to spectral norm at most c. For kernels
/// larger than 1x1 the norm is that of the operator on feature maps, by convolution and transposed convolution (section
/// 2.1); the reshaped kernel would not bound it. A 1x1 convolution acts as a matrix on the channels, and its norm is
/// that matrix's.
/// </summary>
public class SpectralConv2d : SpectralLayer
{
    private readonly long[] _padding;
    private readonly int _inputs,
        _outputs;

    /// <summary>Draws the weights from PyTorch's default distribution.</summary>
    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="kernel">Side of the kernel, odd.</param>
    /// <param name="height">Height of the feature map on which the norm is taken.</param>
    /// <param name="width">Width of the feature map on which the norm is taken.</param>
    /// <param name="options">Coefficient and details.</param>
    /// <param name="norm">As for <see cref="SpectralLayer"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1 or the kernel's side is even.</exception>
    public SpectralConv2d(
        int inputs,
        int outputs,
        int kernel,
        int height,
        int width,
        SpectralNormOptions options,
        InducedNorm? norm = null
    )
        : base(
            nameof(SpectralConv2d),
            WeightShape(inputs, outputs, kernel),
            VectorLength(inputs, kernel, height, width),
            VectorLength(outputs, kernel, height, width),
            options,
            norm
        )
    {
        (_inputs, _outputs, Kernel, NormHeight, NormWidth) = (inputs, outputs, kernel, height, width);
        _padding = [kernel / 2, kernel / 2];
    }

    /// <summary>Side of the kernel.</summary>
    public int Kernel { get; }

    /// <summary>Height of the feature map on which the norm is taken.</summary>
    public int NormHeight { get; }

    /// <summary>Width of the feature map on which the norm is taken.</summary>
    public int NormWidth { get; }

    /// <inheritdoc/>
    public override double Margin => Kernel == 1 ? 0 : Options.DivisorMargin;

    /// <inheritdoc/>
    public override Tensor Apply(Tensor weight, Tensor x) => nn.functional.conv2d(x, weight, padding: _padding);

    /// <inheritdoc/>
    public override Tensor ApplyTranspose(Tensor weight, Tensor y) =>
        nn.functional.conv_transpose2d(y, weight, padding: _padding);

    /// <inheritdoc/>
    public override Tensor ApplyWithBias(Tensor weight, Tensor x) =>
        nn.functional.conv2d(x, weight, Bias, padding: _padding);

    /// <summary>
    /// Exact for a 1x1 kernel, else the bound of <see cref="OperatorNorm.CertifiedBound"/>, valid at every image size.
    /// </summary>
    public override double CertifiedNorm(Tensor weight) =>
        Kernel == 1 ? OperatorNorm.OfMatrix(weight.detach().flatten(1)) : OperatorNorm.CertifiedBound(weight);

    /// <inheritdoc/>
    public override Tensor Matvec(Tensor weight, Tensor v) =>
        Kernel == 1 ? weight.flatten(1).mv(v) : Apply(weight, v.view(1, _inputs, NormHeight, NormWidth)).flatten();

    /// <inheritdoc/>
    public override Tensor RMatvec(Tensor weight, Tensor u) =>
        Kernel == 1
            ? weight.flatten(1).t().mv(u)
            : ApplyTranspose(weight, u.view(1, _outputs, NormHeight, NormWidth)).flatten();

    private static long[] WeightShape(int inputs, int outputs, int kernel)
    {
        if (kernel < 1 || kernel % 2 == 0)
            throw new ArgumentOutOfRangeException(
                nameof(kernel),
                kernel,
                "The kernel's side must be odd: 1, 3, 5, ..."
            );
        return [Guard.AtLeast(outputs, 1, nameof(outputs)), Guard.AtLeast(inputs, 1, nameof(inputs)), kernel, kernel];
    }

    private static long VectorLength(int channels, int kernel, int height, int width) =>
        kernel == 1
            ? channels
            : (long)channels * Guard.AtLeast(height, 1, nameof(height)) * Guard.AtLeast(width, 1, nameof(width));
}
