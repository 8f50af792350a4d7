using System.Runtime.CompilerServices;

namespace IResNet.Cpu;

/// <summary>The sum itself.</summary>
internal readonly unsafe struct PlainSum<TVector>(float* output) : IEpilogue<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(TVector sum, int column, nint at) => sum.Store(output + at);
}

/// <summary>a = elu(h W + b), with a bias per column.</summary>
internal readonly unsafe struct ColumnBiasElu<TVector>(float* bias, float* output) : IEpilogue<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(TVector sum, int column, nint at) =>
        VectorElu<TVector>.Value(sum + TVector.Load(bias + column)).Store(output + at);
}

/// <summary>The cotangent of p: through phi, plus what came through phi'.</summary>
internal readonly unsafe struct ThroughActivation<TVector>(float* activation, float* curvature, float* output)
    : IEpilogue<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(TVector sum, int column, nint at)
    {
        sum *= VectorElu<TVector>.Derivative(TVector.Load(activation + at));
        if (curvature is not null)
            sum += TVector.Load(curvature + at);
        sum.Store(output + at);
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
