using IResNet.Notebooks;

namespace IResNet.Tests.Programs.Notebooks;

public class AgreementTests
{
    [Theory, InlineData(1.0), InlineData(-2e6), InlineData(3e-9)]
    public void RoundingIsAllowed(double size)
    {
        using var scope = NewDisposeScope();
        var x = tensor([size, 0.1 * size]);
        Agreement.Check("x", x * 3 / 7, x * (3.0 / 7));
        Agreement.Check("zeros", zeros_like(x), zeros_like(x));
        Agreement.Check("x", size / 3, size * (1.0 / 3));
    }

    [Theory]
    [InlineData(1, 1 + 1e-9)]
    [InlineData(1e-9, 1.001e-9)]
    [InlineData(0, 1e-300)]
    [InlineData(1e-300, 0)]
    [InlineData(double.NaN, 1)]
    [InlineData(1, double.NaN)]
    [InlineData(double.NaN, double.NaN)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity)]
    public void MoreIsNot(double written, double library)
    {
        var failure = Assert.Throws<AgreementException>(() => Agreement.Check("Algorithm 1", written, library));
        Assert.StartsWith("Algorithm 1: the library disagrees by ", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>One row too few would broadcast, and one wrong number must not hide among many right ones.</summary>
    [Fact]
    public void EveryNumberCounts()
    {
        using var scope = NewDisposeScope();
        var x = ones(3, 4, ScalarType.Float64);
        Assert.Throws<AgreementException>(() => Agreement.Check("x", x[..1], x));
        var other = x.clone();
        other[2, 3] = 1 + 1e-6;
        Assert.Throws<AgreementException>(() => Agreement.Check("x", other, x));
        Agreement.Check("x", other, x, tolerance: 1e-5);
    }

    [Fact]
    public void Float32IsRefused()
    {
        using var scope = NewDisposeScope();
        var x = ones(2);
        Assert.Throws<ArgumentException>(() => Agreement.Check("x", x, x.to(ScalarType.Float64)));
        Assert.Throws<ArgumentException>(() => Agreement.Check("x", x.to(ScalarType.Float64), x));
    }
}
