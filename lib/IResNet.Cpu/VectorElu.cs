using System.Runtime.CompilerServices;

namespace IResNet.Cpu;

/// <summary>
/// ELU on the lanes of a vector. Its first two derivatives follow from its value a: min(a, 0) + 1, and the same again
/// where a is at most 0.
/// </summary>
internal static class VectorElu<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    // Below this exp(p) - 1 is -1 in float32; it also keeps 2^n away from the denormals.
    private const float Least = -20;
    private const float LogTwoHigh = 0.693359375f,
        LogTwoLow = -2.12194440e-4f,
        Log2E = 1.44269504f;

    /// <summary>p for p > 0, else exp(p) - 1, to about one unit in the last place. NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Value(TVector p)
    {
        // The operand order of Max matters: the second one is returned when either is NaN.
        var negative = TVector.Max(TVector.Create(Least), TVector.Min(default(TVector), p));
        // p = n ln 2 + r with |r| at most ln 2 / 2; exp(p) - 1 = 2^n (exp(r) - 1) + (2^n - 1).
        var n = TVector.Round(negative * TVector.Create(Log2E));
        var r = TVector.MultiplyAdd(n, TVector.Create(-LogTwoHigh), negative);
        r = TVector.MultiplyAdd(n, TVector.Create(-LogTwoLow), r);
        // Taylor terms of (exp(r) - 1 - r) / r^2 up to r^5: the next one is below 1e-8 of the result.
        var q = TVector.Create(1 / 5040f);
        q = TVector.MultiplyAdd(q, r, TVector.Create(1 / 720f));
        q = TVector.MultiplyAdd(q, r, TVector.Create(1 / 120f));
        q = TVector.MultiplyAdd(q, r, TVector.Create(1 / 24f));
        q = TVector.MultiplyAdd(q, r, TVector.Create(1 / 6f));
        q = TVector.MultiplyAdd(q, r, TVector.Create(0.5f));
        q = TVector.MultiplyAdd(q, r * r, r);
        var power = TVector.PowerOfTwo(n);
        var result = TVector.MultiplyAdd(power, q, power - TVector.Create(1));
        return TVector.WherePositive(p, p, result);
    }

    /// <summary>The same of one number.</summary>
    public static unsafe float Value(float p)
    {
        var value = Value(TVector.Create(p));
        return *(float*)&value;
    }

    /// <summary>The derivative where the value is a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Derivative(TVector a) => TVector.Min(default(TVector), a) + TVector.Create(1);

    /// <summary>x where the value a is at most 0, else 0: the second derivative is this times the derivative.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector WhereCurved(TVector a, TVector x) => TVector.WherePositive(a, default, x);
}
