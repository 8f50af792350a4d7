namespace IResNet.Tests.Inverse;

/// <summary>An inverse that cannot be had is an exception, never a point that looks like one.</summary>
public class NonConvergenceTests
{
    /// <summary>Normalization off and weights too large: the map may not even be invertible.</summary>
    [Theory, InlineData(3.0), InlineData(30.0)]
    public void ExpandingBranchIsRefused(double scale)
    {
        using var scope = NewDisposeScope();
        var (block, y) = Expanding(scale);
        Assert.True(block.Branch.LipschitzBound() > 1);
        Assert.Equal(double.PositiveInfinity, block.InverseLipschitzBound());
        var fault = Assert.Throws<NonConvergenceException>(() => block.Inverse(y));
        Assert.True(!(fault.Residual <= 1e-6));
        Assert.InRange(fault.Iterations, 1, 1000);
    }

    /// <summary>An iteration that has run away stops there, and says after how many steps.</summary>
    [Fact]
    public void DivergenceIsNoticedEarly()
    {
        using var scope = NewDisposeScope();
        var (block, y) = Runaway();
        var fault = Assert.Throws<NonConvergenceException>(() =>
            block.Inverse(y, new FixedPoint(1e-6, maxIterations: 100_000))
        );
        Assert.False(double.IsFinite(fault.Residual));
        Assert.InRange(fault.Iterations, 10, 10_000);
    }

    /// <summary>A fixed count takes what it reaches, but not NaN.</summary>
    [Fact]
    public void FixedCountGivesAPointWithoutCertificateOrNone()
    {
        using var scope = NewDisposeScope();
        var (block, y) = Runaway();
        var early = block.Inverse(y, FixedPoint.Iterations(5));
        Assert.True(double.IsFinite(early.Residual) && early.Residual > 1);
        Assert.Equal(double.PositiveInfinity, early.ErrorBound);
        Assert.Throws<NonConvergenceException>(() => block.Inverse(y, FixedPoint.Iterations(5000)));
    }

    [Fact]
    public void IterationCapIsKept()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(2);
        var block = Draw.Prepared(new ResidualBlock(new DenseBranch(4, [8])));
        var y = Draw.Normal(3, 4);
        int needed = block.Inverse(y, 1e-10).Iterations;
        var fault = Assert.Throws<NonConvergenceException>(() => block.Inverse(y, new Chebyshev(1e-10, needed - 1)));
        Assert.Equal(needed - 1, fault.Iterations);
        Assert.InRange(fault.Residual, 1e-10, 1e-3);
        Assert.Equal(needed, block.Inverse(y, new Chebyshev(1e-10, needed)).Iterations);
    }

    /// <summary>A failed inverse leaves the block as it was.</summary>
    [Fact]
    public void FailureLeavesTheBlockUnfrozen()
    {
        using var scope = NewDisposeScope();
        var (block, y) = Expanding(30);
        Assert.Throws<NonConvergenceException>(() => block.Inverse(y));
        Assert.All(block.Branch.Layers, layer => Assert.False(layer.IsFrozen));
    }

    /// <summary>g(x) = -3 x on the straight half of ELU: every step triples the error, up to infinity.</summary>
    private static (ResidualBlock, Tensor) Runaway()
    {
        var branch = new DenseBranch(1, [1], new SpectralNormOptions { Enabled = false });
        using (no_grad())
        {
            branch.Layers[0].Weight.fill_(1);
            branch.Layers[1].Weight.fill_(-3);
            foreach (var layer in branch.Layers)
                layer.Bias.zero_();
        }
        var block = new ResidualBlock(branch);
        block.eval();
        return (block, ones(1, 1));
    }

    private static (ResidualBlock, Tensor) Expanding(double scale)
    {
        Draw.Seed(1);
        var block = Draw.Prepared(
            new ResidualBlock(new DenseBranch(4, [8, 8], new SpectralNormOptions { Enabled = false })),
            scale
        );
        return (block, Draw.Normal(3, 4));
    }
}
