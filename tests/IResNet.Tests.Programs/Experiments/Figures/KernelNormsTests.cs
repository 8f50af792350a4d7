using IResNet.Experiments.Figures;

namespace IResNet.Tests.Programs.Experiments.Figures;

/// <summary>The four norms of a kernel against what is known of them.</summary>
public class KernelNormsTests
{
    [Fact]
    public void TheMatrixIsTheOperator()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(1);
        Tensor kernel = Draw.Normal(3, 2, 3, 3),
            x = Draw.Normal(1, 2, 4, 5);
        var expected = nn.functional.conv2d(x, kernel, padding: [1, 1]).flatten();
        Expect.Close(KernelNorms.Matrix(kernel, 4, 5).mv(x.flatten()), expected, 1e-13, "matrix times vector");
    }

    /// <summary>
    /// A kernel of ones: its symbol is largest at frequency 0, where it is 9, and the zero-padded operator on n x n
    /// pixels is a product of two tridiagonal matrices with norm 1 + 2 cos(pi / (n + 1)). The reshaped kernel says 3:
    /// not even near.
    /// </summary>
    [Fact]
    public void AKernelOfOnesIsKnown()
    {
        using var scope = NewDisposeScope();
        var norms = KernelNorms.Of(ones(1, 1, 3, 3), 8, 8);
        Assert.Equal(Math.Pow(1 + 2 * Math.Cos(Math.PI / 9), 2), norms.Exact, 1e-10);
        Assert.Equal(9, norms.Circular, 2e-3);
        Assert.Equal(3, norms.Reshaped, 1e-12);
        Assert.InRange(norms.Certified, 9, 9.1);
    }

    [Theory]
    [InlineData(1), InlineData(2), InlineData(3)]
    public void TheCertifiedNormIsAboveAllOperators(int seed)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(seed);
        var norms = KernelNorms.Of(Draw.Normal(4, 3, 3, 3), 6, 6);
        Assert.True(norms.Certified >= Math.Max(norms.Exact, norms.Circular), $"{norms}");
        // The reshaped kernel's norm lies between the operator's divided by the kernel's side and the operator's times
        // it.
        Assert.InRange(norms.Certified / norms.Reshaped, 1 / 3.0, 3 * 1.1);
    }

    [Fact]
    public void ATooLargeOperatorIsRefused() =>
        Assert.Throws<ShapeException>(() => KernelNorms.Of(zeros(64, 3, 3, 3), 32, 32));
}
