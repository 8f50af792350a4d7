using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace IResNet.Cpu;

/// <summary>The sum itself.</summary>
internal readonly unsafe struct PlainSum(float* output) : IEpilogue
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(Vector512<float> sum, int column, nint at) => sum.Store(output + at);
}

/// <summary>a = elu(h W + b), with a bias a column.</summary>
internal readonly unsafe struct ColumnBiasElu(float* bias, float* output) : IEpilogue
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(Vector512<float> sum, int column, nint at) =>
        VectorElu.Value(sum + Vector512.Load(bias + column)).Store(output + at);
}

/// <summary>The cotangent of p: through phi, plus what came through phi'.</summary>
internal readonly unsafe struct ThroughActivation(float* activation, float* curvature, float* output) : IEpilogue
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(Vector512<float> sum, int column, nint at)
    {
        sum *= VectorElu.Derivative(Vector512.Load(activation + at));
        if (curvature is not null)
            sum += Vector512.Load(curvature + at);
        sum.Store(output + at);
    }
}

/// <summary>A matrix that is not filled up to whole tiles.</summary>
internal readonly unsafe struct WithinMatrix(float* matrix, int rows, int columns) : IEpilogue
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(Vector512<float> sum, int column, nint at)
    {
        if (at - column >= (nint)rows * columns)
            return;
        int count = columns - column;
        if (count >= InterleavedLayout.Lanes)
            sum.Store(matrix + at);
        else
            for (int i = 0; i < count; i++)
                matrix[at + i] = sum[i];
    }
}
