using System.Numerics;

namespace IResNet.Tests.LogDet;

/// <summary>Theorem 3's bound against 400-bit arithmetic and hand-made figures.</summary>
public class TruncationBoundTests
{
    [Theory]
    [
        InlineData(1e-9, 0),
        InlineData(1e-9, 3),
        InlineData(0.125, 1),
        InlineData(0.125, 20),
        InlineData(0.343, 5),
        InlineData(0.729, 0),
        InlineData(0.729, 5)
    ]
    [
        InlineData(0.729, 100),
        InlineData(0.913, 10),
        InlineData(0.99, 1),
        InlineData(0.99, 500),
        InlineData(0.9999, 5),
        InlineData(0.9999, 5000),
        InlineData(0.9999, 50_000)
    ]
    public void AgreesWithHighPrecision(double lipschitz, int terms)
    {
        double expected = HighPrecision(lipschitz, terms);
        Assert.True(expected > 0);
        Assert.Equal(1, TruncationBound.Of(lipschitz, 1, terms) / expected, 1e-11);
        Assert.Equal(
            784 * TruncationBound.Of(lipschitz, 1, terms),
            TruncationBound.Of(lipschitz, 784, terms),
            1e-9 * expected * 784
        );
    }

    /// <summary>In bits per dimension, at c = 0.5, 0.7, 0.9, 0.97 with three layers.</summary>
    [
        Theory,
        InlineData(0.5, 1, 1.2e-2),
        InlineData(0.7, 5, 5.6e-4),
        InlineData(0.9, 5, 1.0e-1),
        InlineData(0.9, 20, 3.0e-4),
        InlineData(0.97, 10, 3.4e-1)
    ]
    public void AgreesWithTheKnownTable(double coefficient, int terms, double bits) =>
        Assert.Equal(1, TruncationBound.Of(Math.Pow(coefficient, 3), 1, terms) / Math.Log(2) / bits, 0.05);

    [Fact]
    public void NoTermsLeaveTheWholeLogarithm()
    {
        Assert.Equal(0, TruncationBound.Of(0, 10, 0));
        Assert.Equal(-5 * Math.Log(0.25), TruncationBound.Of(0.75, 5, 0), 12);
    }

    /// <summary>However near to 1, the answer comes at once.</summary>
    [Theory, InlineData(1e-6), InlineData(1e-9), InlineData(1e-15)]
    public void NearOneItIsStillQuick(double gap)
    {
        double expected = -Math.Log(gap) - (1 + 1.0 / 2 + 1.0 / 3);
        Assert.Equal(1, TruncationBound.Of(1 - gap, 1, 3) / expected, 1e-3);
    }

    [Theory, InlineData(1.0), InlineData(1.5), InlineData(-0.1), InlineData(double.NaN)]
    public void LipschitzOutsideTheRangeIsRefused(double lipschitz) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => TruncationBound.Of(lipschitz, 1, 1));

    [Fact]
    public void NegativeTermsAreRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => TruncationBound.Of(0.5, 1, -1));

    /// <summary>The tail summed in fixed point with 400 fractional bits.</summary>
    private static double HighPrecision(double lipschitz, int terms)
    {
        const int Bits = 400;
        // A double is a whole number times a power of 2, exactly.
        long bits = BitConverter.DoubleToInt64Bits(lipschitz);
        int exponent = (int)((bits >> 52) & 0x7FF) - 1075;
        var l = new BigInteger((bits & 0xFFFFFFFFFFFFF) | 0x10000000000000) << (Bits + exponent);
        BigInteger power = BigInteger.One << Bits,
            tail = BigInteger.Zero;
        for (int k = 1; ; k++)
        {
            power = (power * l) >> Bits;
            if (k > terms)
                tail += power / k;
            if (k > terms && power / k < tail >> 60)
                break;
        }
        return Math.Exp(BigInteger.Log(tail) - Bits * Math.Log(2));
    }
}
