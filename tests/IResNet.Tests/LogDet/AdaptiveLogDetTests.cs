using IResNet.Tests.Blocks;

namespace IResNet.Tests.LogDet;

/// <summary>The stated error holds: standard error over many seeds, and bias.</summary>
public class AdaptiveLogDetTests
{
    private const int Seeds = 60;

    [Theory, InlineData(0.05), InlineData(0.5)]
    public void ErrorIsAsStated(double error)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var g = Linearize();
        var exact = new ExactLogDet().Estimate(g);
        double squares = 0,
            stated = 0;
        for (int seed = 0; seed < Seeds; seed++)
        {
            using var inner = NewDisposeScope();
            var result = new AdaptiveLogDet(error, new Generator((ulong)seed)).Evaluate(g);
            Assert.InRange(result.StandardError, 0, error);
            Assert.InRange(result.BiasBound, 0, error);
            squares += (result.Value - exact).square().mean().ToDouble();
            stated += result.StandardError * result.StandardError;
        }
        double rms = Math.Sqrt(squares / Seeds);
        // Bias and chance together, and not far less than stated: the control that the statement is about this error.
        Assert.InRange(rms, 0, 1.5 * error);
        Assert.InRange(rms, 0.5 * Math.Sqrt(stated / Seeds) - 1e-9, 1.5 * Math.Sqrt(stated / Seeds) + error);
    }

    /// <summary>A smaller error costs more products; both cost fewer than the exact Jacobian.</summary>
    [Fact]
    public void CostGrowsWithPrecision()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var g = Linearize();
        int Products(double error) => new AdaptiveLogDet(error, new Generator(1)).Evaluate(g).Products;
        Assert.True(Products(1) < Products(0.1));
    }

    /// <summary>Two dimensions have two colours: exact in the probes, so only the bias remains.</summary>
    [Fact]
    public void VectorsAreExact()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var branch = Draw.Prepared(new DenseBranch(2, [8, 8]));
        branch.Freeze();
        var g = branch.Linearize(Draw.Normal(5, 2));
        var result = new AdaptiveLogDet(1e-6).Evaluate(g);
        Assert.Equal(0, result.StandardError);
        Expect.Near(result.Value, new ExactLogDet().Estimate(g), 1e-6, "value");
    }

    [Fact]
    public void NeedsACertificate()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var branch = LinearBranch.Create(eye(2, dtype: ScalarType.Float64));
        var fault = Assert.Throws<ArgumentException>(() =>
            new AdaptiveLogDet(0.1).Evaluate(branch.Linearize(Draw.Normal(1, 2)))
        );
        Assert.Contains("Freeze", fault.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdaptiveLogDet(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdaptiveLogDet(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdaptiveLogDet(0.1, bias: 0));
    }

    private static Linearization Linearize()
    {
        Draw.Seed(9);
        var branch = Draw.Prepared(new ConvBranch(new ImageShape(2, 6, 6), 8, 0.8));
        branch.Freeze();
        return branch.Linearize(Draw.Normal(4, 2, 6, 6));
    }
}
