namespace IResNet;

/// <summary>
/// A dense layer with spectral norm at most c. The matrix is the operator, so power iteration works on it directly.
/// </summary>
public class SpectralLinear : SpectralLayer
{
    /// <summary>Draws the weights from PyTorch's default distribution.</summary>
    /// <param name="inputs">Input features.</param>
    /// <param name="outputs">Output features.</param>
    /// <param name="options">Coefficient and details.</param>
    /// <param name="norm">As for <see cref="SpectralLayer"/>.</param>
    public SpectralLinear(int inputs, int outputs, SpectralNormOptions options, InducedNorm? norm = null)
        : base(
            nameof(SpectralLinear),
            [Guard.AtLeast(outputs, 1, nameof(outputs)), Guard.AtLeast(inputs, 1, nameof(inputs))],
            inputs,
            outputs,
            options,
            norm
        )
    { }

    /// <inheritdoc/>
    public override Tensor Apply(Tensor weight, Tensor x) => nn.functional.linear(x, weight);

    /// <inheritdoc/>
    public override Tensor ApplyTranspose(Tensor weight, Tensor y) => nn.functional.linear(y, weight.t());

    /// <inheritdoc/>
    public override Tensor ApplyWithBias(Tensor weight, Tensor x) => nn.functional.linear(x, weight, Bias);

    /// <summary>The exact norm, by singular values in float64.</summary>
    public override double CertifiedNorm(Tensor weight) => OperatorNorm.OfMatrix(weight);

    /// <inheritdoc/>
    public override Tensor Matvec(Tensor weight, Tensor v) => weight.mv(v);

    /// <inheritdoc/>
    public override Tensor RMatvec(Tensor weight, Tensor u) => weight.t().mv(u);
}
