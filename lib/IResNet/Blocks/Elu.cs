namespace IResNet;

/// <summary>
/// ELU with alpha 1: p for p &gt; 0, else exp(p) - 1. The activation of all the paper's experiments (section 5).
/// </summary>
public sealed class Elu() : Activation(nameof(Elu))
{
    /// <inheritdoc/>
    public override Tensor forward(Tensor p) => p.elu();

    /// <summary>phi'(p) = min(phi(p), 0) + 1.</summary>
    public override Tensor Derivative(Tensor p, Tensor value) => value.clamp_max(0) + 1;
}
