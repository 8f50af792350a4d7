namespace IResNet.Tests.LogDet;

/// <summary>
/// The exact log-determinant at the size of an MNIST block, where the factorisation needs care with threads.
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
        int threads = get_num_threads();
        var a = g.Jacobian().to(ScalarType.Float64) + eye(784, dtype: ScalarType.Float64);
        var expected = linalg.cholesky(a.transpose(1, 2).bmm(a)).diagonal(dim1: 1, dim2: 2).log().sum(1);
        Assert.InRange(expected.abs().min().ToDouble(), 0.01, 1000);
        Assert.InRange(
            (new ExactLogDet().Estimate(g).to(ScalarType.Float64) - expected).abs().max().ToDouble(),
            0,
            1e-3
        );
        Assert.Equal(threads, get_num_threads());
    }
}
