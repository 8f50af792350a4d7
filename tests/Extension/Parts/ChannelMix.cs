namespace Extension.Parts;

/// <summary>A layer of its own operator and norm: a matrix over the channels, divided by its Frobenius norm.</summary>
internal sealed class ChannelMix(int inputs, int outputs, SpectralNormOptions options)
    : SpectralLayer(nameof(ChannelMix), [outputs, inputs], inputs, outputs, options)
{
    public override Tensor Apply(Tensor weight, Tensor x) =>
        weight.unsqueeze(0).expand(x.size(0), -1, -1).bmm(x.flatten(2)).view([x.size(0), -1, .. x.shape.Skip(2)]);

    public override Tensor ApplyTranspose(Tensor weight, Tensor y) => Apply(weight.t(), y);

    public override double CertifiedNorm(Tensor weight) => weight.detach().norm().ToDouble();

    public override void PowerIteration(int iterations) { }

    public override Tensor Normalized(Tensor weight, Tensor u, Tensor v) =>
        weight / (weight.square().sum().sqrt() / Options.Coefficient).clamp_min(1);

    public override Tensor Matvec(Tensor weight, Tensor v) => weight.mv(v);

    public override Tensor RMatvec(Tensor weight, Tensor u) => weight.t().mv(u);
}
