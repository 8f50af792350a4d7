namespace IResNet;

/// <summary>
/// ReLU: max(p, 0). Its second derivative vanishes almost everywhere, so a log-determinant trains badly through it
/// (section 3.2).
/// </summary>
public sealed class Relu() : Activation(nameof(Relu))
{
    /// <inheritdoc/>
    public override Tensor forward(Tensor p) => p.relu();

    /// <summary>phi'(p) = 1 for p &gt; 0, else 0.</summary>
    public override Tensor Derivative(Tensor p, Tensor value) => (p > 0).to(p.dtype);
}
