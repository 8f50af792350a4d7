using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace IResNet.Cpu;

/// <summary>
/// ELU on sixteen numbers. Its first two derivatives follow from its value a: min(a, 0) + 1, and the same again where a
/// is at most 0.
/// </summary>
internal static class VectorElu
{
    // Below this exp(p) - 1 is -1 in float32; it also keeps 2^n away from the denormals.
    private const float Least = -20;
    private const float LogTwoHigh = 0.693359375f,
        LogTwoLow = -2.12194440e-4f,
        Log2E = 1.44269504f;

    /// <summary>p for p > 0, else exp(p) - 1, to about one unit in the last place. NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Value(Vector512<float> p)
    {
        // The operand order of Max matters: the second one is returned when either is NaN.
        var negative = Avx512F.Max(Vector512.Create(Least), Avx512F.Min(Vector512<float>.Zero, p));
        // p = n ln 2 + r with |r| at most ln 2 / 2; exp(p) - 1 = 2^n (exp(r) - 1) + (2^n - 1).
        var n = Avx512F.RoundScale(negative * Vector512.Create(Log2E), 0);
        var r = Avx512F.FusedMultiplyAddNegated(n, Vector512.Create(LogTwoHigh), negative);
        r = Avx512F.FusedMultiplyAddNegated(n, Vector512.Create(LogTwoLow), r);
        // Taylor terms of (exp(r) - 1 - r) / r^2 up to r^5: the next one is below 1e-8 of the result.
        var q = Vector512.Create(1 / 5040f);
        q = Avx512F.FusedMultiplyAdd(q, r, Vector512.Create(1 / 720f));
        q = Avx512F.FusedMultiplyAdd(q, r, Vector512.Create(1 / 120f));
        q = Avx512F.FusedMultiplyAdd(q, r, Vector512.Create(1 / 24f));
        q = Avx512F.FusedMultiplyAdd(q, r, Vector512.Create(1 / 6f));
        q = Avx512F.FusedMultiplyAdd(q, r, Vector512.Create(0.5f));
        q = Avx512F.FusedMultiplyAdd(q, r * r, r);
        var power = Avx512F.Scale(Vector512<float>.One, n);
        var result = Avx512F.FusedMultiplyAdd(power, q, power - Vector512<float>.One);
        return Vector512.ConditionalSelect(Vector512.GreaterThan(p, Vector512<float>.Zero), p, result);
    }

    /// <summary>The derivative where the value is a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Derivative(Vector512<float> a) =>
        Avx512F.Min(Vector512<float>.Zero, a) + Vector512<float>.One;

    /// <summary>x where the value a is at most 0, else 0: the second derivative is this times the derivative.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> WhereCurved(Vector512<float> a, Vector512<float> x) =>
        Vector512.ConditionalSelect(Vector512.LessThanOrEqual(a, Vector512<float>.Zero), x, Vector512<float>.Zero);
}
