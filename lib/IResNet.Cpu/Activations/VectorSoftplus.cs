using System.Runtime.CompilerServices;

namespace IResNet.Cpu;

/// <summary>
/// <see cref="Softplus"/>: max(p, 0) + ln(1 + y) with y = exp(-|p|). Its derivative is the sigmoid s.
/// </summary>
internal readonly struct VectorSoftplus<TVector> : IVectorActivation<TVector, VectorSoftplus<TVector>>
    where TVector : unmanaged, IVector<TVector>
{
    /// <inheritdoc/>
    public static bool FollowsFromValue => false;

    /// <inheritdoc/>
    public static bool IsLearned => false;

    /// <inheritdoc/>
    public static VectorSoftplus<TVector> Of(float parameter) => default;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Value(TVector p, out TVector s, out TVector complement)
    {
        var one = TVector.Create(1);
        var y = VectorExponential<TVector>.Of(default(TVector) - TVector.Abs(p));
        var larger = one / (one + y);
        var smaller = y * larger;
        s = TVector.WherePositive(p, larger, smaller);
        complement = TVector.WherePositive(p, smaller, larger);
        return TVector.Max(default, p) + LogOnePlus(y);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Derivative(TVector p, TVector s, TVector complement) => s;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Curvature(TVector p, TVector s, TVector complement) => s * complement;

    /// <inheritdoc/>
    public float ParameterGradient(float sum) => 0;

    /// <summary>ln(1 + y) for y from 0 to 1: twice the inverse hyperbolic tangent of u = y / (2 + y), at most 1/3, by
    /// its Taylor terms up to u^15.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector LogOnePlus(TVector y)
    {
        var u = y / (y + TVector.Create(2));
        var square = u * u;
        var q = TVector.Create(2 / 15f);
        q = TVector.MultiplyAdd(q, square, TVector.Create(2 / 13f));
        q = TVector.MultiplyAdd(q, square, TVector.Create(2 / 11f));
        q = TVector.MultiplyAdd(q, square, TVector.Create(2 / 9f));
        q = TVector.MultiplyAdd(q, square, TVector.Create(2 / 7f));
        q = TVector.MultiplyAdd(q, square, TVector.Create(2 / 5f));
        q = TVector.MultiplyAdd(q, square, TVector.Create(2 / 3f));
        q = TVector.MultiplyAdd(q, square, TVector.Create(2));
        return q * u;
    }
}
