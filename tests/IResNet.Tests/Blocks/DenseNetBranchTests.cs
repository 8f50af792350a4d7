namespace IResNet.Tests.Blocks;

/// <summary>The branch of an i-DenseNet: what it is composed of, and its bound. What every branch promises stands in
/// the tests of <see cref="BranchCases"/>.</summary>
public class DenseNetBranchTests
{
    private static readonly ImageShape Shape = new(3, 4, 4);

    /// <summary>Against the formula, written out with its weights.</summary>
    [Fact]
    public void IsTheFormula()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(1);
        var branch = Draw.Prepared(new DenseNetBranch(3, [4, 2], new() { Coefficient = 0.9 }, entrance: 5));
        var x = Draw.Normal(6, 3);
        var h = x.mm(branch.Entrance!.EffectiveWeight().t()) + branch.Entrance.Bias;
        foreach (var part in branch.Concatenations)
        {
            var (t1, t2) = (part.K1.exp().log1p().ToDouble() + 0.1, part.K2.exp().log1p().ToDouble() + 0.1);
            double c = 0.9 / Math.Sqrt(t1 * t1 + t2 * t2);
            var features = part.Activation.forward(h.mm(part.Layer.EffectiveWeight().t()) + part.Layer.Bias);
            h = cat([c * t1 * h, c * t2 * features], 1);
        }
        Expect.Close(branch.forward(x), h.mm(branch.Exit.EffectiveWeight().t()) + branch.Exit.Bias, 1e-14, "g(x)");
    }

    [Fact]
    public void ConcatenationsGrow()
    {
        var branch = new DenseNetBranch(Shape, [8, 6], new());
        Assert.Equal(
            [(4, 3, 3), (3, 11, 3), (3, 17, 1)],
            branch.Layers.Select(layer =>
                ((int)layer.Weight.size(0), (int)layer.Weight.size(1), (int)layer.Weight.size(2))
            )
        );
    }

    /// <summary>
    /// The bound follows from its parts, below the product of the coefficients where a layer's norm is below its own;
    /// and it is met by the Jacobian at every point. The product of the layers' norms would be no bound.
    /// </summary>
    [Fact]
    public void BoundIsThatOfItsParts()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(2);
        var branch = Draw.Prepared(new DenseNetBranch(Shape, [4, 4], new() { Coefficient = 0.9 }), weightScale: 0.2);
        using (no_grad())
            foreach (var part in branch.Concatenations)
                part.Layer.Weight.mul_(0.05);
        double expected = branch.Exit.NormBound();
        foreach (var part in branch.Concatenations)
        {
            var (input, features) = part.Weights();
            expected *= Math.Sqrt(
                Math.Pow(input.ToDouble(), 2) + Math.Pow(features.ToDouble() * part.Layer.NormBound(), 2)
            );
        }
        Assert.Equal(expected, branch.LipschitzBound(), 12);
        Assert.True(expected < Math.Pow(0.9, 3));
        double norm = linalg.svdvals(Jacobians.Of(branch.forward, Draw.Normal(4, 3, 4, 4))).max().ToDouble();
        Assert.InRange(norm, 0, expected);
        Assert.True(branch.Layers.Aggregate(1.0, (product, layer) => product * layer.NormBound()) < norm);
        // At its layers' coefficients it is the product of all.
        Assert.Equal(Math.Pow(0.9, 3), branch.LipschitzBound(layer => 1) * 0.9, 12);
    }

    /// <summary>Constants stay what they are and get no gradient; learned ones get one.</summary>
    [Theory, InlineData(true), InlineData(false)]
    public void WeightsAreLearnedOrConstant(bool learned)
    {
        using var scope = NewDisposeScope();
        var branch = new DenseNetBranch(4, [2], new() { Coefficient = 0.98 }, learned: learned);
        branch.forward(randn(3, 4)).square().sum().backward();
        var part = branch.Concatenations[0];
        Assert.Equal(learned, part.K1.grad is not null && part.K2.grad is not null);
        Assert.Equal(0.98 / Math.Sqrt(2), part.Weights().input.ToDouble(), 1e-6);
    }

    [Theory, InlineData(3), InlineData(7)]
    public void OddGrowthWithDoubledChannelsIsRefused(int growth)
    {
        var fault = Assert.Throws<ArgumentOutOfRangeException>(() => new DenseNetBranch(Shape, [growth], new()));
        Assert.Equal(growth, fault.ActualValue);
        Assert.Contains($"take {growth + 1}", fault.Message, StringComparison.Ordinal);
        Assert.Equal(
            growth,
            new DenseNetBranch(Shape, [growth], new(), ActivationKind.LipSwish).Layers[0].Weight.size(0)
        );
    }

    [Fact]
    public void ImpossibleWidthsAreRefused()
    {
        Assert.Throws<ArgumentException>(() => new DenseNetBranch(Shape, [], new()));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DenseNetBranch(Shape, [0], new()));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DenseNetBranch(2, [2], new(), entrance: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DenseNetBranch(2, [2], new(), concatenation: 1));
        using var scope = NewDisposeScope();
        var branch = new DenseNetBranch(Shape, [2], new());
        Assert.Throws<ShapeException>(() => branch.forward(ones(2, 3, 4, 5)));
        Assert.Throws<ShapeException>(() => branch.Linearize(ones(2, 3)));
    }
}
