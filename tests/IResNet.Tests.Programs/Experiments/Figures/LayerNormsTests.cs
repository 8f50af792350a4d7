using IResNet.Experiments.Figures;

namespace IResNet.Tests.Programs.Experiments.Figures;

/// <summary>Norms of all layers of a network: in number, in place, and held by what holds them.</summary>
public class LayerNormsTests
{
    private static readonly FlowConfig Config = new()
    {
        Input = new(2, 8, 8),
        Blocks = [1, 2],
        Strides = [1, 2],
        Hidden = [6, 6],
        SpectralNorm = new() { Coefficient = 0.7 },
    };

    [Fact]
    public void AFrozenFlowIsBelowItsCoefficientEverywhere()
    {
        using var flow = Draw.Prepared(new SingleScaleFlow(Config));
        flow.Freeze();
        var norms = LayerNorms.Of(flow);
        Assert.Equal(
            [(1, 1, 3), (1, 2, 1), (1, 3, 3), (2, 1, 3), (2, 2, 1), (2, 3, 3), (3, 1, 3), (3, 2, 1), (3, 3, 3)],
            norms.Select(norm => (norm.Block, norm.Layer, norm.Kernel))
        );
        Assert.All(norms, norm => Assert.InRange(norm.Circular, 0.5, 0.7 + 1e-6));
    }

    /// <summary>Negative control: the same weights without normalization.</summary>
    [Fact]
    public void APlainFlowIsNot()
    {
        using var flow = Draw.Prepared(new SingleScaleFlow(Config with { SpectralNorm = new() { Enabled = false } }));
        Assert.All(LayerNorms.Of(flow), norm => Assert.True(norm.Circular > 1, $"{norm}"));
    }

    [Fact]
    public void APlainNetworksConvolutionsAreMeasuredAtTheirOwnSize()
    {
        using var scope = NewDisposeScope();
        var network = new ResNet(
            new()
            {
                Input = new(1, 8, 8),
                Blocks = [1, 1],
                Widths = [1, 1],
            },
            classes: 2
        );
        using (no_grad())
            foreach (var convolution in network.Blocks.SelectMany(block => block.Convolutions))
                convolution.weight!.fill_(0.5);
        // A difference that the grid of 8 has at a frequency that the grid of 4 has not.
        using (no_grad())
            foreach (var block in network.Blocks)
                block
                    .Convolutions[1]
                    .weight!.copy_(
                        tensor(
                                new double[,]
                                {
                                    { 0, 0, 0 },
                                    { 1, 1, -1 },
                                    { 0, 0, 0 },
                                }
                            )
                            .to(ScalarType.Float32)
                            .view(1, 1, 3, 3)
                    );
        var norms = LayerNorms.Of(network);
        Assert.Equal([1, 3, 1, 1, 3, 1], norms.Select(norm => norm.Kernel));
        double At(int size) =>
            Enumerable.Range(0, size).Max(k => Math.Sqrt(1 + Math.Pow(2 * Math.Sin(2 * Math.PI * k / size), 2)));
        Assert.Equal(At(8), norms[1].Circular, 2e-3);
        Assert.Equal(At(4), norms[4].Circular, 2e-3);
        // (1, 4) and (4, 1) matrices of 0.5.
        Assert.Equal(1, norms[2].Circular, 1e-6);
        Assert.Equal(1, norms[3].Circular, 1e-6);
    }

    /// <summary>
    /// Against the singular values of the whole matrix; on a map of 4 x 4 the circular norm is another number.
    /// </summary>
    [Fact]
    public void ThePaddedNormIsTheOperatorsOwn()
    {
        using var flow = Draw.Prepared(new SingleScaleFlow(Config with { SpectralNorm = new() { Enabled = false } }));
        using var scope = NewDisposeScope();
        var norms = LayerNorms.Of(flow);
        var layers = flow.ResidualBlocks.SelectMany(block => block.Branch.Layers).Cast<SpectralConv2d>().ToList();
        Assert.Equal(norms.Count, layers.Count);
        foreach (var (norm, layer) in norms.Zip(layers))
            Assert.Equal(
                1,
                norm.Padded / KernelNorms.Of(layer.Weight.detach(), layer.NormHeight, layer.NormWidth).Exact,
                1e-6
            );
        Assert.Contains(norms, norm => norm.Kernel > 1 && norm.Circular > 1.02 * norm.Padded);
    }

    [Fact]
    public void DenseBranchesAreRefused()
    {
        using var flow = new ToyFlow(1);
        Assert.Throws<ArgumentException>(() => LayerNorms.Of(flow));
    }
}
