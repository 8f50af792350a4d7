namespace IResNet.Tests.SpectralNorm;

/// <summary>Fixed effective weights: what they certify, and when they end.</summary>
public class FreezeTests
{
    [Theory, InlineData(0.5), InlineData(0.9), InlineData(0.97)]
    public void CertifiedFreezeBoundsTheBranch(double coefficient)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(1);
        // No power iteration at all: the certificate rests on none.
        var conv = new ConvBranch(new(3, 6, 6), 8, coefficient);
        var dense = new DenseBranch(4, [8, 8], coefficient);
        foreach (var branch in new ResidualBranch[] { conv, dense })
        {
            using (no_grad())
                foreach (var layer in branch.Layers)
                    layer.Weight.mul_(5);
            Assert.True(branch.LipschitzBound() > 1);
            branch.Freeze(FrozenNorm.Certified);
            double promised = Math.Pow(coefficient, 3);
            Assert.InRange(branch.LipschitzBound(), 0.98 * promised, promised * (1 + 1e-6)); // float32 weights
            foreach (var layer in branch.Layers)
                Assert.InRange(
                    Operators.Norm(Operators.Of(layer, layer.EffectiveWeight())),
                    0.5 * coefficient,
                    coefficient * (1 + 1e-6)
                );
        }
    }

    [Fact]
    public void PowerIterationFreezeKeepsTheEffectiveWeight()
    {
        using var scope = NewDisposeScope();
        var layer = Layer();
        var weight = layer.EffectiveWeight().detach();
        layer.Freeze(FrozenNorm.PowerIteration);
        Expect.Near(layer.EffectiveWeight(), weight, 0, "weight");
        Assert.False(layer.EffectiveWeight().requires_grad);
    }

    /// <summary>
    /// A written weight is normalized anew, by the same norm; see also <see cref="WrittenWeightTests"/>.
    /// </summary>
    [Theory, InlineData(FrozenNorm.Certified), InlineData(FrozenNorm.PowerIteration)]
    public void FrozenWeightFollowsTheRawOne(FrozenNorm norm)
    {
        using var scope = NewDisposeScope();
        var layer = Layer();
        layer.Freeze(norm);
        var frozen = layer.EffectiveWeight();
        Assert.Same(frozen, layer.EffectiveWeight());
        using (no_grad())
            layer.Weight.mul_(2);
        // Both raw weights are far above the coefficient; twice the old fixed one would not be.
        Expect.Near(layer.EffectiveWeight(), frozen, 1e-12, "frozen weight");
        Assert.NotSame(frozen, layer.EffectiveWeight());
        Assert.True(layer.IsFrozen);
        Assert.False(layer.EffectiveWeight().requires_grad);
    }

    /// <summary>A remembered norm must not outlive the weight that it belongs to.</summary>
    [Fact]
    public void BoundFollowsTheWeight()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(2);
        var branch = Draw.Prepared(new DenseBranch(2, [3]));
        branch.Freeze(FrozenNorm.Certified);
        double certified = branch.LipschitzBound();
        Assert.Equal(certified, branch.LipschitzBound());
        using (no_grad())
            foreach (var layer in branch.Layers)
                layer.Weight.mul_(0.01);
        branch.Freeze(FrozenNorm.Certified);
        double small = branch.LipschitzBound();
        Assert.True(small < 0.1 * certified);
        branch.Unfreeze();
        using (no_grad())
            foreach (var layer in branch.Layers)
                layer.Weight.mul_(5);
        Assert.Equal(25 * small, branch.LipschitzBound(), 1e-9 * small);
    }

    [Fact]
    public void TrainingModeUnfreezes()
    {
        using var scope = NewDisposeScope();
        var flow = new ToyFlow(2, [4]);
        flow.Freeze();
        Assert.All(flow.ResidualBlocks, block => Assert.All(block.Branch.Layers, layer => Assert.True(layer.IsFrozen)));
        flow.eval();
        Assert.All(flow.ResidualBlocks, block => Assert.All(block.Branch.Layers, layer => Assert.True(layer.IsFrozen)));
        flow.train();
        Assert.All(flow.ResidualBlocks, block =>
            Assert.All(block.Branch.Layers, layer => Assert.False(layer.IsFrozen))
        );
    }

    /// <summary>A model that is frozen at certified norms stays so in another type.</summary>
    [Fact]
    public void ConversionKeepsTheNorm()
    {
        using var scope = NewDisposeScope();
        var layer = Layer();
        layer.Freeze(FrozenNorm.Certified);
        layer.to(ScalarType.Float32);
        Assert.True(layer.IsFrozen);
        Assert.Equal(ScalarType.Float32, layer.EffectiveWeight().dtype);
        Assert.InRange(Operators.Norm(layer.EffectiveWeight()), 0.899, 0.9);
        Assert.InRange(layer.NormBound(), 0.899, 0.9);
    }

    /// <summary>No gradient reaches a frozen branch, and the raw weights have one again afterwards.</summary>
    [Fact]
    public void FrozenWeightsHaveNoGradient()
    {
        using var scope = NewDisposeScope();
        var layer = Layer();
        layer.Freeze(FrozenNorm.Certified);
        layer.ApplyWithBias(layer.EffectiveWeight(), Draw.Normal(2, 3)).sum().backward();
        Assert.Null(layer.Weight.grad);
        Assert.NotNull(layer.Bias.grad);
        layer.Unfreeze();
        layer.ApplyWithBias(layer.EffectiveWeight(), Draw.Normal(2, 3)).sum().backward();
        Assert.NotNull(layer.Weight.grad);
    }

    private static SpectralLinear Layer()
    {
        Draw.Seed(3);
        return Draw.Prepared(new SpectralLinear(3, 4, new()));
    }
}
