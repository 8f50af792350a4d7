using System.Runtime.CompilerServices;

namespace IResNet.Cpu;

/// <summary>a = phi(W h + b).</summary>
internal readonly unsafe struct BiasActivation<TVector, TActivation>(
    float* bias,
    Activated<TVector, TActivation> activation
) : IEpilogue<TVector>
    where TVector : unmanaged, IVector<TVector>
    where TActivation : unmanaged, IVectorActivation<TVector, TActivation>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(TVector sum, int channel, nint at) => activation.Set(sum + TVector.Create(bias[channel]), at);
}

/// <summary>y = x + (W h + b); without an x, the branch's value alone.</summary>
internal readonly unsafe struct BiasResidual<TVector>(float* bias, float* x, float* output) : IEpilogue<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(TVector sum, int channel, nint at)
    {
        sum += TVector.Create(bias[channel]);
        if (x is not null)
            sum += TVector.Load(x + at);
        sum.Store(output + at);
    }
}

/// <summary>The image y - (W h + b) of a point x, and the size of the residual x - image.</summary>
internal unsafe struct ImageOf<TVector>(float* bias, float* x, float* y, float* image) : IEpilogue<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    /// <summary>
    /// The largest absolute residual and the sum of squares, one per lane. Only the latter is sure to be NaN if the
    /// residual is anywhere.
    /// </summary>
    public TVector Largest,
        Squares;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(TVector sum, int channel, nint at)
    {
        var next = TVector.Load(y + at) - (sum + TVector.Create(bias[channel]));
        next.Store(image + at);
        var residual = TVector.Load(x + at) - next;
        Largest = TVector.Max(Largest, TVector.Abs(residual));
        Squares = TVector.MultiplyAdd(residual, residual, Squares);
    }
}

/// <summary>
/// t = phi'(p) W t': one layer of a Jacobian product, forward or transposed. Without activations, W t' itself.
/// </summary>
internal readonly unsafe struct TimesDerivative<TVector, TActivation>(
    Activated<TVector, TActivation> activation,
    float* output
) : IEpilogue<TVector>
    where TVector : unmanaged, IVector<TVector>
    where TActivation : unmanaged, IVectorActivation<TVector, TActivation>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(TVector sum, int channel, nint at)
    {
        if (!activation.IsNone)
            sum = activation.Tangent(sum, at);
        sum.Store(output + at);
    }
}

/// <summary>
/// One term of the series: takes J p, adds it with a weight to r, its product with v to the trace, and writes the next
/// product's input, behind the leading activation if there is one.
/// </summary>
internal unsafe struct SeriesTerm<TVector, TActivation>(
    float* v,
    float* r,
    float weight,
    Activated<TVector, TActivation> leading,
    float* next
) : IEpilogue<TVector>
    where TVector : unmanaged, IVector<TVector>
    where TActivation : unmanaged, IVectorActivation<TVector, TActivation>
{
    /// <summary>v.J p, one per lane.</summary>
    public TVector Trace;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(TVector sum, int channel, nint at)
    {
        Trace = TVector.MultiplyAdd(sum, TVector.Load(v + at), Trace);
        TVector.MultiplyAdd(sum, TVector.Create(weight), TVector.Load(r + at)).Store(r + at);
        if (!leading.IsNone)
            sum = leading.Tangent(sum, at);
        sum.Store(next + at);
    }
}

/// <summary>v.J r, of which nothing else is needed.</summary>
internal unsafe struct TraceEstimate<TVector>(float* v) : IEpilogue<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    /// <summary>A lane each.</summary>
    public TVector Sum;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(TVector sum, int channel, nint at) => Sum = TVector.MultiplyAdd(sum, TVector.Load(v + at), Sum);
}

/// <summary>
/// The cotangent e of a tangent t = phi'(p) q: phi'(p) e goes on to q, and e phi''(p) q to p, kept in
/// <paramref name="curvature"/> or added to what is there.
/// </summary>
internal readonly unsafe struct TangentCotangent<TVector, TActivation>(
    Activated<TVector, TActivation> activation,
    float* tangent,
    float* output,
    float* curvature,
    bool add = false
) : IEpilogue<TVector>
    where TVector : unmanaged, IVector<TVector>
    where TActivation : unmanaged, IVectorActivation<TVector, TActivation>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(TVector sum, int channel, nint at)
    {
        var bent = activation.Bent(sum, tangent, at);
        if (add)
            bent += TVector.Load(curvature + at);
        bent.Store(curvature + at);
        if (output is not null)
            (sum * activation.DerivativeAt(at)).Store(output + at);
    }
}

/// <summary>
/// The cotangent of p: through phi, plus what came through phi'. Also sums over pixels, one per channel: its own, which
/// are the bias' gradient, and those of which a learned activation's gradient is made.
/// </summary>
internal readonly unsafe struct PreactivationCotangent<TVector, TActivation>(
    Activated<TVector, TActivation> activation,
    float* curvature,
    float* output,
    TVector* sums,
    TVector* parameterSums
) : IEpilogue<TVector>
    where TVector : unmanaged, IVector<TVector>
    where TActivation : unmanaged, IVectorActivation<TVector, TActivation>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(TVector sum, int channel, nint at)
    {
        var cotangent = sum * activation.DerivativeAt(at);
        if (curvature is not null)
            cotangent += TVector.Load(curvature + at);
        cotangent.Store(output + at);
        sums[channel] += cotangent;
        if (TActivation.IsLearned)
            parameterSums[channel] += activation.ParameterShare(sum, cotangent, at);
    }
}

/// <summary>
/// The cotangent of the block's input: that of its output, plus the branch's through the leading activation, if there
/// is one, with the sums of which that one's gradient is made.
/// </summary>
internal readonly unsafe struct InputCotangent<TVector, TActivation>(
    float* y,
    Activated<TVector, TActivation> leading,
    float* curvature,
    float* output,
    TVector* parameterSums
) : IEpilogue<TVector>
    where TVector : unmanaged, IVector<TVector>
    where TActivation : unmanaged, IVectorActivation<TVector, TActivation>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(TVector sum, int channel, nint at)
    {
        var cotangent = leading.IsNone ? sum : sum * leading.DerivativeAt(at);
        if (curvature is not null)
            cotangent += TVector.Load(curvature + at);
        (cotangent + TVector.Load(y + at)).Store(output + at);
        if (TActivation.IsLearned && !leading.IsNone)
            parameterSums[channel] += leading.ParameterShare(sum, cotangent, at);
    }
}
