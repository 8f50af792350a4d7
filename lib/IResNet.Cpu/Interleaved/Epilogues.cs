using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace IResNet.Cpu;

/// <summary>a = elu(W h + b).</summary>
internal readonly unsafe struct BiasElu(float* bias, float* output) : IEpilogue
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(Vector512<float> sum, int channel, nint at) =>
        VectorElu.Value(sum + Vector512.Create(bias[channel])).Store(output + at);
}

/// <summary>y = x + (W h + b); without an x, the branch's value alone.</summary>
internal readonly unsafe struct BiasResidual(float* bias, float* x, float* output) : IEpilogue
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(Vector512<float> sum, int channel, nint at)
    {
        sum += Vector512.Create(bias[channel]);
        if (x is not null)
            sum += Vector512.Load(x + at);
        sum.Store(output + at);
    }
}

/// <summary>The image y - (W h + b) of a point x, and the size of the residual x - image.</summary>
internal unsafe struct ImageOf(float* bias, float* x, float* y, float* image) : IEpilogue
{
    /// <summary>
    /// The largest absolute residual and the sum of squares, a lane each. Only the latter is sure to be NaN if the
    /// residual is anywhere.
    /// </summary>
    public Vector512<float> Largest,
        Squares;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(Vector512<float> sum, int channel, nint at)
    {
        var next = Vector512.Load(y + at) - (sum + Vector512.Create(bias[channel]));
        next.Store(image + at);
        var residual = Vector512.Load(x + at) - next;
        Largest = Avx512F.Max(Largest, Vector512.Abs(residual));
        Squares = Vector512.FusedMultiplyAdd(residual, residual, Squares);
    }
}

/// <summary>
/// t = phi'(p) W t': one layer of a Jacobian product, forward or transposed. Without activations, W t' itself.
/// </summary>
internal readonly unsafe struct TimesDerivative(float* activation, float* output) : IEpilogue
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(Vector512<float> sum, int channel, nint at)
    {
        if (activation is not null)
            sum *= VectorElu.Derivative(Vector512.Load(activation + at));
        sum.Store(output + at);
    }
}

/// <summary>
/// One term of the series: takes J p, adds it with a sign to r, its product with v to the trace, and writes the next
/// product's input, behind the leading activation if there is one.
/// </summary>
internal unsafe struct SeriesTerm(float* v, float* r, float sign, float* leading, float* next) : IEpilogue
{
    /// <summary>v.J p, a lane each.</summary>
    public Vector512<float> Trace;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(Vector512<float> sum, int channel, nint at)
    {
        Trace = Vector512.FusedMultiplyAdd(sum, Vector512.Load(v + at), Trace);
        Vector512.FusedMultiplyAdd(sum, Vector512.Create(sign), Vector512.Load(r + at)).Store(r + at);
        if (leading is not null)
            sum *= VectorElu.Derivative(Vector512.Load(leading + at));
        sum.Store(next + at);
    }
}

/// <summary>v.J r, of which nothing else is needed.</summary>
internal unsafe struct TraceEstimate(float* v) : IEpilogue
{
    /// <summary>A lane each.</summary>
    public Vector512<float> Sum;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(Vector512<float> sum, int channel, nint at) =>
        Sum = Vector512.FusedMultiplyAdd(sum, Vector512.Load(v + at), Sum);
}

/// <summary>
/// The cotangent e of a tangent t = phi'(p) q: phi'(p) e goes on to q, and e q phi''(p) = e t where phi is curved goes
/// to p, kept in <paramref name="curvature"/> or added to what is there.
/// </summary>
internal readonly unsafe struct TangentCotangent(
    float* activation,
    float* tangent,
    float* output,
    float* curvature,
    bool add = false
) : IEpilogue
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(Vector512<float> sum, int channel, nint at)
    {
        var a = Vector512.Load(activation + at);
        var curved = VectorElu.WhereCurved(a, sum * Vector512.Load(tangent + at));
        if (add)
            curved += Vector512.Load(curvature + at);
        curved.Store(curvature + at);
        if (output is not null)
            (sum * VectorElu.Derivative(a)).Store(output + at);
    }
}

/// <summary>
/// The cotangent of p: through phi, plus what came through phi'. Also its sums over pixels, a channel each: the bias'
/// gradient.
/// </summary>
internal readonly unsafe struct PreactivationCotangent(
    float* activation,
    float* curvature,
    float* output,
    Vector512<float>* sums
) : IEpilogue
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(Vector512<float> sum, int channel, nint at)
    {
        sum *= VectorElu.Derivative(Vector512.Load(activation + at));
        if (curvature is not null)
            sum += Vector512.Load(curvature + at);
        sum.Store(output + at);
        sums[channel] += sum;
    }
}

/// <summary>
/// The cotangent of the block's input: that of its output, plus the branch's through the leading activation, if there
/// is one.
/// </summary>
internal readonly unsafe struct InputCotangent(float* y, float* leading, float* curvature, float* output) : IEpilogue
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(Vector512<float> sum, int channel, nint at)
    {
        if (leading is not null)
            sum *= VectorElu.Derivative(Vector512.Load(leading + at));
        if (curvature is not null)
            sum += Vector512.Load(curvature + at);
        (sum + Vector512.Load(y + at)).Store(output + at);
    }
}
