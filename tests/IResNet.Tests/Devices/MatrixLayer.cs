namespace IResNet.Tests.Devices;

/// <summary>
/// Stands for a convolution where libtorch has none, on the meta device: a matrix over the channels, of the same
/// shapes. Its norm is bounded by the root of its entries' sum of squares.
/// </summary>
internal sealed class MatrixLayer(int inputs, int outputs, SpectralNormOptions options)
    : SpectralLayer(nameof(MatrixLayer), [outputs, inputs], inputs, outputs, options)
{
    /// <summary>Blocks of the convolutional branch's form, built of such layers.</summary>
    public static BlockKind Blocks { get; } = new(nameof(MatrixLayer), site =>
        {
            int[] widths = [site.Channels, .. site.Hidden, .. site.Hidden, site.Channels];
            return
            [
                new ResidualBlock(
                    new SequentialBranch(
                        widths
                            .Zip(widths.Skip(1))
                            .Select(pair => new MatrixLayer(pair.First, pair.Second, site.SpectralNorm)),
                        Enumerable
                            .Range(0, widths.Length - (site.LeadingActivation ? 1 : 2))
                            .Select(_ => site.Activation.Create())
                    )
                ),
            ];
        });

    public override Tensor Apply(Tensor weight, Tensor x) =>
        weight.unsqueeze(0).expand(x.size(0), -1, -1).bmm(x.flatten(2)).view([x.size(0), -1, .. x.shape.Skip(2)]);

    public override Tensor ApplyTranspose(Tensor weight, Tensor y) => Apply(weight.t(), y);

    public override double CertifiedNorm(Tensor weight) => weight.square().sum().sqrt().ReadDouble();

    public override Tensor Matvec(Tensor weight, Tensor v) => weight.mv(v);

    public override Tensor RMatvec(Tensor weight, Tensor u) => weight.t().mv(u);
}
