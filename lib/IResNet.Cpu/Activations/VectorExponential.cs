using System.Runtime.CompilerServices;

namespace IResNet.Cpu;

/// <summary>
/// Exponential functions on the lanes of a vector, to about one unit in the last place. NaN stays NaN.
/// </summary>
internal static class VectorExponential<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    // Below the one exp(x) - 1 is -1 in float32; within the other 2^n and its reciprocal are normal numbers.
    private const float Negligible = -20,
        Most = 87;

    private const float LogTwoHigh = 0.693359375f,
        LogTwoLow = -2.12194440e-4f,
        Log2E = 1.44269504f;

    /// <summary>exp(x) - 1 for x of at most 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector MinusOne(TVector x)
    {
        // The operand order of Max and Min matters: the second one is returned when either is NaN.
        Split(TVector.Max(TVector.Create(Negligible), x), out var power, out var q);
        return TVector.MultiplyAdd(power, q, power - TVector.Create(1));
    }

    /// <summary>exp(x), with x brought between -87 and 87.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Of(TVector x)
    {
        Split(TVector.Max(TVector.Create(-Most), TVector.Min(TVector.Create(Most), x)), out var power, out var q);
        return TVector.MultiplyAdd(power, q, power);
    }

    /// <summary>exp(x) = power (1 + q).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Split(TVector x, out TVector power, out TVector q)
    {
        // x = n ln 2 + r with |r| at most ln 2 / 2, and q = exp(r) - 1.
        var n = TVector.Round(x * TVector.Create(Log2E));
        var r = TVector.MultiplyAdd(n, TVector.Create(-LogTwoHigh), x);
        r = TVector.MultiplyAdd(n, TVector.Create(-LogTwoLow), r);
        // Taylor terms of (exp(r) - 1 - r) / r^2 up to r^5: the next one is below 1e-8 of the result.
        q = TVector.Create(1 / 5040f);
        q = TVector.MultiplyAdd(q, r, TVector.Create(1 / 720f));
        q = TVector.MultiplyAdd(q, r, TVector.Create(1 / 120f));
        q = TVector.MultiplyAdd(q, r, TVector.Create(1 / 24f));
        q = TVector.MultiplyAdd(q, r, TVector.Create(1 / 6f));
        q = TVector.MultiplyAdd(q, r, TVector.Create(0.5f));
        q = TVector.MultiplyAdd(q, r * r, r);
        power = TVector.PowerOfTwo(n);
    }
}
