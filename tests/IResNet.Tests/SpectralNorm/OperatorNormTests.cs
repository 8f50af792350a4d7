namespace IResNet.Tests.SpectralNorm;

/// <summary>Norms that hold without any iteration having converged, against the operators written out.</summary>
public class OperatorNormTests
{
    // Circular and CertifiedBound may approach the grid's largest singular value from above, by a little.
    private const double Rounding = 1e-12,
        Slack = 1e-3;

    public static TheoryData<int, int, int, int, int> Kernels =>
        new()
        {
            { 1, 1, 3, 4, 4 },
            { 2, 3, 3, 5, 4 },
            { 3, 2, 3, 3, 7 },
            { 4, 4, 3, 6, 6 },
            { 2, 2, 5, 5, 8 },
            { 3, 5, 1, 3, 4 },
            { 1, 2, 7, 7, 7 },
        };

    [Theory, InlineData(1, 1), InlineData(3, 5), InlineData(5, 3), InlineData(8, 8)]
    public void MatrixNormIsTheLargestSingularValue(int rows, int columns)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(rows);
        var matrix = Draw.Normal(rows, columns);
        double gram = Math.Sqrt(linalg.eigvalsh(matrix.t().mm(matrix)).max().ToDouble());
        Assert.Equal(gram, OperatorNorm.OfMatrix(matrix), 10);
    }

    [Theory, MemberData(nameof(Kernels))]
    public void CircularIsTheNormOfTheCircularOperator(int inputs, int outputs, int side, int height, int width)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(side);
        var kernel = Draw.Normal(outputs, inputs, side, side);
        double exact = Operators.Norm(Operators.Circular(kernel, height, width));
        Assert.InRange(OperatorNorm.Circular(kernel, height, width), exact * (1 - Rounding), exact * (1 + Slack));
        // The control: the zero-padded operator is another one.
        if (side > 1)
            Assert.True(Math.Abs(Operators.Norm(Operators.ZeroPadded(kernel, height, width)) / exact - 1) > 2 * Slack);
    }

    [Theory, MemberData(nameof(Kernels))]
    public void CertifiedBoundCoversEverySize(int inputs, int outputs, int side, int height, int width)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(side + 10);
        var kernel = Draw.Normal(outputs, inputs, side, side);
        double bound = OperatorNorm.CertifiedBound(kernel);
        foreach (var (h, w) in new[] { (1, 1), (1, 9), (2, 2), (height, width), (11, 10) })
            Assert.True(bound >= Operators.Norm(Operators.ZeroPadded(kernel, h, w)) * (1 - Rounding), $"{h}x{w}");
    }

    /// <summary>A bound that is never far off at the sizes of feature maps.</summary>
    [Theory, InlineData(1, 1, 3), InlineData(2, 3, 3), InlineData(4, 4, 3), InlineData(2, 1, 5)]
    public void CertifiedBoundIsWithinTenPercent(int inputs, int outputs, int side)
    {
        using var scope = NewDisposeScope();
        for (int seed = 1; seed <= 5; seed++)
        {
            Draw.Seed(seed);
            var kernel = Draw.Normal(outputs, inputs, side, side);
            double norm = Operators.Norm(Operators.ZeroPadded(kernel, 5 * side, 5 * side));
            Assert.InRange(OperatorNorm.CertifiedBound(kernel), norm, 1.1 * norm);
        }
    }

    /// <summary>
    /// Why the grid's value needs its correction. The symbol of the taps 1, b, -1/2 peaks where cos w = b / 4: with b
    /// chosen so that this lies midway between two of the 64 grid points, the true norm on a long row of pixels exceeds
    /// the grid's value, and not the certified bound.
    /// </summary>
    [Fact]
    public void GridAloneWouldNotBeABound()
    {
        using var scope = NewDisposeScope();
        const int Grid = 64;
        var kernel = zeros(1, 1, 3, 3, dtype: ScalarType.Float64);
        kernel[0, 0, 1] = tensor(new[] { 1.0, 4 * Math.Sin(Math.PI / Grid), -0.5 });
        double norm = Operators.Norm(Operators.ZeroPadded(kernel, 1, 400));
        double onGrid = Operators.Norm(Operators.Circular(kernel, 3, Grid));
        Assert.True(onGrid < norm * (1 - 1e-4), $"grid {onGrid}, true {norm}");
        Assert.True(OperatorNorm.CertifiedBound(kernel) > norm);
    }

    /// <summary>The zero-padded norm grows with the map, so a norm taken on a larger map is on the safe side.</summary>
    [Fact]
    public void LargerMapsHaveLargerNorms()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(3);
        var kernel = Draw.Normal(2, 3, 3, 3);
        double[] norms = Enumerable
            .Range(1, 9)
            .Select(size => Operators.Norm(Operators.ZeroPadded(kernel, size, size)))
            .ToArray();
        Assert.Equal(norms.Order(), norms);
        Assert.True(norms[^1] > 1.1 * norms[0]);
    }

    [Theory, InlineData(1e-30), InlineData(1), InlineData(1e20)]
    public void NormsScaleWithTheKernel(double scale)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(4);
        var kernel = Draw.Normal(2, 3, 3, 3);
        Assert.Equal(OperatorNorm.CertifiedBound(kernel), OperatorNorm.CertifiedBound(kernel * scale) / scale, 10);
    }

    [Fact]
    public void ZeroKernelHasNormZero()
    {
        using var scope = NewDisposeScope();
        var kernel = zeros(2, 3, 3, 3);
        Assert.Equal(0, OperatorNorm.OfMatrix(kernel.flatten(1)));
        Assert.Equal(0, OperatorNorm.Circular(kernel, 4, 4), 1e-100);
        Assert.Equal(0, OperatorNorm.CertifiedBound(kernel), 1e-100);
    }

    [Fact]
    public void KernelLargerThanTheMapIsRefused() =>
        Assert.Throws<ShapeException>(() => OperatorNorm.Circular(ones(1, 1, 5, 5), 4, 8));
}
