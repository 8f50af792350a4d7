using System.Runtime.CompilerServices;

namespace IResNet.Cpu;

/// <summary>a = elu(W h + b).</summary>
internal readonly unsafe struct BiasElu<TVector>(float* bias, float* output) : IEpilogue<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(TVector sum, int channel, nint at) =>
        VectorElu<TVector>.Value(sum + TVector.Create(bias[channel])).Store(output + at);
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
    /// The largest absolute residual and the sum of squares, a lane each. Only the latter is sure to be NaN if the
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
internal readonly unsafe struct TimesDerivative<TVector>(float* activation, float* output) : IEpilogue<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(TVector sum, int channel, nint at)
    {
        if (activation is not null)
            sum *= VectorElu<TVector>.Derivative(TVector.Load(activation + at));
        sum.Store(output + at);
    }
}

/// <summary>
/// One term of the series: takes J p, adds it with a sign to r, its product with v to the trace, and writes the next
/// product's input, behind the leading activation if there is one.
/// </summary>
internal unsafe struct SeriesTerm<TVector>(float* v, float* r, float sign, float* leading, float* next)
    : IEpilogue<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    /// <summary>v.J p, a lane each.</summary>
    public TVector Trace;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(TVector sum, int channel, nint at)
    {
        Trace = TVector.MultiplyAdd(sum, TVector.Load(v + at), Trace);
        TVector.MultiplyAdd(sum, TVector.Create(sign), TVector.Load(r + at)).Store(r + at);
        if (leading is not null)
            sum *= VectorElu<TVector>.Derivative(TVector.Load(leading + at));
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
/// The cotangent e of a tangent t = phi'(p) q: phi'(p) e goes on to q, and e q phi''(p) = e t where phi is curved goes
/// to p, kept in <paramref name="curvature"/> or added to what is there.
/// </summary>
internal readonly unsafe struct TangentCotangent<TVector>(
    float* activation,
    float* tangent,
    float* output,
    float* curvature,
    bool add = false
) : IEpilogue<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(TVector sum, int channel, nint at)
    {
        var a = TVector.Load(activation + at);
        var curved = VectorElu<TVector>.WhereCurved(a, sum * TVector.Load(tangent + at));
        if (add)
            curved += TVector.Load(curvature + at);
        curved.Store(curvature + at);
        if (output is not null)
            (sum * VectorElu<TVector>.Derivative(a)).Store(output + at);
    }
}

/// <summary>
/// The cotangent of p: through phi, plus what came through phi'. Also its sums over pixels, a channel each: the bias'
/// gradient.
/// </summary>
internal readonly unsafe struct PreactivationCotangent<TVector>(
    float* activation,
    float* curvature,
    float* output,
    TVector* sums
) : IEpilogue<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(TVector sum, int channel, nint at)
    {
        sum *= VectorElu<TVector>.Derivative(TVector.Load(activation + at));
        if (curvature is not null)
            sum += TVector.Load(curvature + at);
        sum.Store(output + at);
        sums[channel] += sum;
    }
}

/// <summary>
/// The cotangent of the block's input: that of its output, plus the branch's through the leading activation, if there
/// is one.
/// </summary>
internal readonly unsafe struct InputCotangent<TVector>(float* y, float* leading, float* curvature, float* output)
    : IEpilogue<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(TVector sum, int channel, nint at)
    {
        if (leading is not null)
            sum *= VectorElu<TVector>.Derivative(TVector.Load(leading + at));
        if (curvature is not null)
            sum += TVector.Load(curvature + at);
        (sum + TVector.Load(y + at)).Store(output + at);
    }
}
