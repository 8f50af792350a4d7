namespace IResNet.Tests.LogDet;

/// <summary>
/// The exact log-determinant at the size of an MNIST block.
/// </summary>
public class LargeExactLogDetTests
{
    /// <summary>Against the positive definite (I + J)^T (I + J), whose factorisation needs no row exchanges.</summary>
    [Fact]
    public void EqualsTheSymmetricFactorisation()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        manual_seed(0);
        var branch = new ConvBranch(new ImageShape(4, 14, 14), hidden: 8);
        foreach (var layer in branch.Layers)
            layer.Weight.mul_(4);
        branch.PowerIteration();
        var g = branch.Linearize(randn(2, 4, 14, 14));
        var a = g.Jacobian().to(ScalarType.Float64) + eye(784, dtype: ScalarType.Float64);
        var expected = linalg.cholesky(a.transpose(1, 2).bmm(a)).diagonal(dim1: 1, dim2: 2).log().sum(1);
        Assert.InRange(expected.abs().min().ToDouble(), 0.01, 1000);
        Assert.InRange(
            (new ExactLogDet().Estimate(g).to(ScalarType.Float64) - expected).abs().max().ToDouble(),
            0,
            1e-3
        );
    }

    /// <summary>Several blocks of elimination: value and gradient against libtorch's factorisation.</summary>
    [Fact]
    public void GradientThroughSeveralBlocks()
    {
        using var scope = NewDisposeScope();
        manual_seed(0);
        var j = (randn(300, 300, dtype: ScalarType.Float64) * (0.4 / Math.Sqrt(300))).requires_grad_();
        var branch = LinearBranch.Create(j.detach());
        var g = branch.Linearize(zeros(1, 300, ScalarType.Float64));
        var logDet = new ExactLogDet().Estimate(g).sum();
        var expected = linalg.slogdet(j + eye(300, dtype: ScalarType.Float64)).Item2;
        Expect.Near(logDet, expected, 1e-11, "value");
        Expect.Near(
            autograd.grad([logDet], [branch.Layers[1].Weight])[0],
            autograd.grad([expected], [j])[0],
            1e-11,
            "gradient"
        );
    }
}
