using IResNet.Experiments.Figures;

namespace IResNet.Tests.Programs.Experiments.Figures;

public class BlockInverseTests
{
    [Theory, InlineData(0.7), InlineData(4.0)]
    public void NormIsTheLargestSingularValueOfTheJacobian(double scale)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(1);
        var j = Draw.Normal(5, 5) * scale;
        var g = LinearBranch.Create(j).Linearize(0.01 * Draw.Normal(3, 5));
        double expected = linalg.svdvals(j).max().ToDouble();
        Assert.InRange(BlockInverse.Norm(g) / expected, 0.98, 1 + 1e-12);
    }

    [Fact]
    public void NormOfZeroIsZero()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(
            0,
            BlockInverse.Norm(
                LinearBranch
                    .Create(zeros(2, 2, dtype: ScalarType.Float64))
                    .Linearize(zeros(1, 2, dtype: ScalarType.Float64))
            )
        );
    }

    [Theory, InlineData(true), InlineData(false)]
    public void BlocksInvertWhereTheyContract(bool normalized)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(2);
        var config = new FlowConfig
        {
            Input = new(2, 4, 4),
            Blocks = [1, 2],
            Strides = [1, 2],
            Hidden = [4, 4],
            SpectralNorm = new() { Enabled = normalized },
        };
        var flow = Draw.Prepared(new SingleScaleFlow(config), weightScale: 6).Freeze();
        var blocks = BlockInverse.Of(flow, Draw.Normal(2, 2, 4, 4));

        Assert.Equal([1, 2, 3], blocks.Select(block => block.Block));
        Assert.All(blocks, block => Assert.InRange(block.JacobianNorm, 1e-3, block.LipschitzBound * (1 + 1e-12)));
        if (normalized)
            Assert.All(blocks, block => Assert.True(block is { LipschitzBound: < 1, Error: < 1e-12 }));
        else
            Assert.All(blocks, block => Assert.True(block is { JacobianNorm: > 1, Error: > 1e-2 }));
    }
}
