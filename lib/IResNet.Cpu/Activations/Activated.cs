using System.Runtime.CompilerServices;

namespace IResNet.Cpu;

/// <summary>
/// The maps of an activation: its values, and what Jacobian products and their gradient need of it. Null is what is not
/// kept; the default has no maps at all and stands for no activation.
/// </summary>
internal unsafe struct Activated<TVector, TActivation>
    where TVector : unmanaged, IVector<TVector>
    where TActivation : unmanaged, IVectorActivation<TVector, TActivation>
{
    /// <summary>phi.</summary>
    public TActivation Phi;

    /// <summary>a = phi(p).</summary>
    public float* Value;

    /// <summary>phi'(p), unless it follows from the value.</summary>
    public float* Derivative;

    /// <summary>phi''(p), likewise.</summary>
    public float* Curvature;

    /// <summary>phi''(p) q for a tangent q of p, likewise. May take <see cref="Curvature"/>'s place.</summary>
    public float* Bend;

    /// <summary>p, of a learned activation.</summary>
    public float* Preactivation;

    /// <summary>Whether there is no activation.</summary>
    public readonly bool IsNone => (TActivation.FollowsFromValue ? Value : Derivative) is null;

    /// <summary>
    /// Gives what does not follow from the value its maps: phi' always, the rest for a backward pass.
    /// </summary>
    public void TakeMaps(ref Room room, nint size, bool backward)
    {
        Derivative = room.Take(size);
        if (!backward)
            return;
        Bend = Curvature = room.Take(size);
        Preactivation = room.Take(size);
    }

    /// <summary>Evaluates phi at one place of the maps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Set(TVector p, nint at)
    {
        Phi.Value(p, out var s, out var complement).Store(Value + at);
        if (TActivation.FollowsFromValue)
            return;
        if (Derivative is not null)
            Phi.Derivative(p, s, complement).Store(Derivative + at);
        if (Curvature is not null)
            Phi.Curvature(p, s, complement).Store(Curvature + at);
        if (TActivation.IsLearned && Preactivation is not null)
            p.Store(Preactivation + at);
    }

    /// <summary>phi'(p).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly TVector DerivativeAt(nint at) =>
        TActivation.FollowsFromValue
            ? Phi.Derivative(default, TVector.Load(Value + at), default)
            : TVector.Load(Derivative + at);

    /// <summary>The tangent t = phi'(p) q of a. Keeps phi''(p) q where there is a map for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly TVector Tangent(TVector q, nint at)
    {
        if (!TActivation.FollowsFromValue && Bend is not null)
            (TVector.Load(Curvature + at) * q).Store(Bend + at);
        return DerivativeAt(at) * q;
    }

    /// <summary>
    /// What the cotangent e of t brings to p through phi': e phi''(p) q, which is e t phi''(p) / phi'(p).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly TVector Bent(TVector e, float* t, nint at) =>
        TActivation.FollowsFromValue
            ? e * TVector.Load(t + at) * Phi.Curvature(default, TVector.Load(Value + at), default)
            : e * TVector.Load(Bend + at);

    /// <summary>p dp - a da, see <see cref="IVectorActivation{TVector, TSelf}.ParameterGradient"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly TVector ParameterShare(TVector da, TVector dp, nint at) =>
        TVector.Load(Preactivation + at) * dp - TVector.Load(Value + at) * da;
}
