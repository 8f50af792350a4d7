using System.Runtime.CompilerServices;

namespace IResNet.Cpu;

/// <summary>
/// <see cref="Elu"/>. Its derivatives follow from its value a: min(a, 0) + 1, and the same again where a is at most 0.
/// </summary>
internal readonly struct VectorElu<TVector> : IVectorActivation<TVector, VectorElu<TVector>>
    where TVector : unmanaged, IVector<TVector>
{
    /// <inheritdoc/>
    public static bool FollowsFromValue => true;

    /// <inheritdoc/>
    public static bool IsLearned => false;

    /// <inheritdoc/>
    public static VectorElu<TVector> Of(float parameter) => default;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Value(TVector p, out TVector s, out TVector complement)
    {
        complement = default;
        return s = TVector.WherePositive(p, p, VectorExponential<TVector>.MinusOne(TVector.Min(default, p)));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Derivative(TVector p, TVector s, TVector complement) => TVector.Min(default, s) + TVector.Create(1);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Curvature(TVector p, TVector s, TVector complement) =>
        TVector.WherePositive(s, default, TVector.Create(1));

    /// <inheritdoc/>
    public float ParameterGradient(float sum) => 0;
}
