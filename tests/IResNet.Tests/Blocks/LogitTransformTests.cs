namespace IResNet.Tests.Blocks;

/// <summary>The logit transform: its map, log-determinant and domain.</summary>
public class LogitTransformTests
{
    public static TheoryData<double> Alphas => [0, 1e-6, 0.05, 0.4];

    [Theory, MemberData(nameof(Alphas))]
    public void LogDetIsThatOfTheFullJacobian(double alpha)
    {
        using var scope = NewDisposeScope();
        var (logit, x) = Create(alpha);
        var (y, logDet) = logit.forward(x);
        Expect.Near(
            logDet,
            Jacobians.LogVolume(Jacobians.Of(one => logit.forward(one).y, x)),
            1e-10,
            "log-determinant"
        );
        var s = alpha + (1 - 2 * alpha) * x;
        Expect.Near(y, s.log() - (1 - s).log(), 1e-9, "y");
    }

    [Theory, MemberData(nameof(Alphas))]
    public void Inverts(double alpha)
    {
        using var scope = NewDisposeScope();
        var (logit, x) = Create(alpha);
        Expect.Near(logit.Inverse(logit.forward(x).y).Value, x, 1e-14, "x");
        var y = 5 * Draw.Normal(3, 2, 4, 4);
        Expect.Close(logit.forward(logit.Inverse(y).Value).y, y, 1e-8, "y");
        // The bound of the inverse's derivative is reached where s = 1/2.
        var middle = full([1, 1], 0.5, ScalarType.Float64);
        double derivative = Jacobians.Of(one => logit.forward(one).y, middle).ToDouble();
        Assert.Equal(logit.InverseLipschitzBound(), 1 / derivative, 12);
    }

    /// <summary>Pixels near 1, where 1 - s would cancel: single precision against double.</summary>
    [Fact]
    public void KeepsItsDigitsAtBothEnds()
    {
        using var scope = NewDisposeScope();
        var logit = new LogitTransform(1e-6);
        // As dequantisation gives them: multiples of 2^-24.
        var ends = tensor(new[] { 0, 1.0 / (1 << 24), 3.0 / (1 << 20), 1 - 3.0 / (1 << 20), 1 - 1.0 / (1 << 24) });
        var (y, logDet) = logit.forward(ends.to(ScalarType.Float32).unsqueeze(0));
        var (exact, exactLogDet) = logit.forward(ends.unsqueeze(0));
        Expect.Close(y, exact, 1e-6, "y");
        Expect.Close(logDet, exactLogDet, 1e-6, "log-determinant");
    }

    [
        Theory,
        InlineData(0, 0.0),
        InlineData(0, 1.0),
        InlineData(0.05, -0.06),
        InlineData(0.05, 1.06),
        InlineData(1e-6, -0.5)
    ]
    public void RefusesNumbersOutsideItsDomain(double alpha, double value)
    {
        using var scope = NewDisposeScope();
        var x = full([2, 1, 2, 2], 0.5, ScalarType.Float64);
        x[1, 0, 1, 0] = value;
        var fault = Assert.Throws<DomainException>(() => new LogitTransform(alpha).forward(x));
        Assert.Equal(value, fault.Value);
        Assert.Contains("Centred", fault.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(0.0), InlineData(1.0)]
    public void TakesBlackAndWhiteWithAMargin(double value)
    {
        using var scope = NewDisposeScope();
        var y = new LogitTransform(1e-6).forward(full([1, 1], value, ScalarType.Float64)).y;
        Assert.Equal(value == 0 ? Math.Log(1e-6) : -Math.Log(1e-6), y.ToDouble(), 1e-5);
    }

    [Theory, InlineData(-0.1), InlineData(0.5), InlineData(double.NaN)]
    public void RefusesAnImpossibleAlpha(double alpha)
    {
        var fault = Assert.Throws<ArgumentOutOfRangeException>(() => new LogitTransform(alpha));
        Assert.Equal(alpha, fault.ActualValue);
    }

    private static (LogitTransform, Tensor) Create(double alpha)
    {
        Draw.Seed(1);
        return (new LogitTransform(alpha), Draw.Normal(3, 2, 4, 4).sigmoid());
    }
}
