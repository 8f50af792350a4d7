using System.Runtime.CompilerServices;

namespace IResNet.Cpu;

/// <summary>The sum itself.</summary>
internal readonly unsafe struct PlainSum<TVector>(float* output) : IEpilogue<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(TVector sum, int column, nint at) => sum.Store(output + at);
}

/// <summary>a = phi(h W + b), with a bias per column.</summary>
internal readonly unsafe struct ColumnBiasActivation<TVector, TActivation>(
    float* bias,
    Activated<TVector, TActivation> activation
) : IEpilogue<TVector>
    where TVector : unmanaged, IVector<TVector>
    where TActivation : unmanaged, IVectorActivation<TVector, TActivation>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(TVector sum, int column, nint at) => activation.Set(sum + TVector.Load(bias + column), at);
}

/// <summary>
/// The cotangent of p: through phi, plus what came through phi'. Also the sum of which a learned activation's gradient
/// is made, but for the rows that only fill up a tile: those from <paramref name="end"/> on.
/// </summary>
internal readonly unsafe struct ThroughActivation<TVector, TActivation>(
    Activated<TVector, TActivation> activation,
    float* curvature,
    float* output,
    nint end,
    TVector* parameterSums
) : IEpilogue<TVector>
    where TVector : unmanaged, IVector<TVector>
    where TActivation : unmanaged, IVectorActivation<TVector, TActivation>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(TVector sum, int column, nint at)
    {
        var cotangent = sum * activation.DerivativeAt(at);
        if (curvature is not null)
            cotangent += TVector.Load(curvature + at);
        cotangent.Store(output + at);
        if (TActivation.IsLearned && at < end)
            parameterSums[column / TVector.Lanes] += activation.ParameterShare(sum, cotangent, at);
    }
}

/// <summary>A matrix that is not filled up to whole tiles.</summary>
internal readonly unsafe struct WithinMatrix<TVector>(float* matrix, int rows, int columns) : IEpilogue<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(TVector sum, int column, nint at)
    {
        if (at - column >= (nint)rows * columns)
            return;
        int count = columns - column;
        if (count >= TVector.Lanes)
            sum.Store(matrix + at);
        else
            for (int i = 0; i < count; i++)
                matrix[at + i] = ((float*)&sum)[i];
    }
}
