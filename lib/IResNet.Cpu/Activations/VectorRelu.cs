using System.Runtime.CompilerServices;

namespace IResNet.Cpu;

/// <summary><see cref="Relu"/>.</summary>
internal readonly struct VectorRelu<TVector> : IVectorActivation<TVector, VectorRelu<TVector>>
    where TVector : unmanaged, IVector<TVector>
{
    /// <inheritdoc/>
    public static bool FollowsFromValue => true;

    /// <inheritdoc/>
    public static bool IsLearned => false;

    /// <inheritdoc/>
    public static VectorRelu<TVector> Of(float parameter) => default;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Value(TVector p, out TVector s, out TVector complement)
    {
        complement = default;
        return s = TVector.Max(default, p);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Derivative(TVector p, TVector s, TVector complement) =>
        TVector.WherePositive(s, TVector.Create(1), default);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Curvature(TVector p, TVector s, TVector complement) => default;

    /// <inheritdoc/>
    public float ParameterGradient(float sum) => 0;
}
