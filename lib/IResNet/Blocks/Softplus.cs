namespace IResNet;

/// <summary>Softplus: ln(1 + exp(p)); smooth, so that its second derivative never jumps.</summary>
public sealed class Softplus() : Activation(nameof(Softplus))
{
    /// <inheritdoc/>
    public override Tensor forward(Tensor p) => nn.functional.softplus(p);

    /// <summary>phi'(p) = 1 / (1 + exp(-p)).</summary>
    public override Tensor Derivative(Tensor p, Tensor value) => p.sigmoid();
}
