using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace IResNet.Cpu;

/// <summary>
/// Matrix products whose sums go through an epilogue while they are in registers. Sixteen sums, eight rows by two
/// registers of columns, stay there during the inner loop.
/// </summary>
internal static unsafe class Gemm
{
    /// <summary>Rows and columns that are computed at once; matrices are allocated up to a multiple.</summary>
    public const int Rows = 8,
        Columns = 32;

    private const int Lanes = InterleavedLayout.Lanes;

    // Rows of the left matrix that stay in the cache while all panels of the right one pass.
    private const int Chunk = 128;

    /// <summary>A B, for A with rows one after the other.</summary>
    /// <param name="a">A.</param>
    /// <param name="stride">Floats from a row of A to the next.</param>
    /// <param name="b">B as <see cref="Panels"/> packs it.</param>
    /// <param name="rows">Rows of A; whole tiles are computed, and the epilogue sees them all.</param>
    /// <param name="inner">Columns of A.</param>
    /// <param name="columns">Columns of B, likewise.</param>
    /// <param name="outputStride">Floats from a row of the result's maps to the next.</param>
    /// <param name="epilogue">Takes sixteen sums of neighbouring columns: the first column, and its place in a
    /// map.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TEpilogue>(
        float* a,
        nint stride,
        float* b,
        int rows,
        int inner,
        int columns,
        nint outputStride,
        ref TEpilogue epilogue
    )
        where TEpilogue : struct, IEpilogue
    {
        nint panel = (nint)inner * Columns;
        for (int from = 0; from < rows; from += Chunk)
        {
            int to = Math.Min(from + Chunk, rows);
            float* panels = b;
            for (int column = 0; column < columns; column += Columns, panels += panel)
                for (int row = from; row < to; row += Rows)
                {
                    float* a0 = a + row * stride,
                        a1 = a0 + stride,
                        a2 = a1 + stride,
                        a3 = a2 + stride;
                    nint four = 4 * stride;
                    Vector512<float> s00 = default,
                        s01 = default,
                        s10 = default,
                        s11 = default,
                        s20 = default,
                        s21 = default,
                        s30 = default,
                        s31 = default;
                    Vector512<float> s40 = default,
                        s41 = default,
                        s50 = default,
                        s51 = default,
                        s60 = default,
                        s61 = default,
                        s70 = default,
                        s71 = default;
                    float* end = panels + panel;
                    for (float* at = panels; at < end; at += Columns, a0++, a1++, a2++, a3++)
                    {
                        var x = Vector512.Load(at);
                        var y = Vector512.Load(at + Lanes);
                        var v = Vector512.Create(*a0);
                        s00 = Avx512F.FusedMultiplyAdd(v, x, s00);
                        s01 = Avx512F.FusedMultiplyAdd(v, y, s01);
                        v = Vector512.Create(*a1);
                        s10 = Avx512F.FusedMultiplyAdd(v, x, s10);
                        s11 = Avx512F.FusedMultiplyAdd(v, y, s11);
                        v = Vector512.Create(*a2);
                        s20 = Avx512F.FusedMultiplyAdd(v, x, s20);
                        s21 = Avx512F.FusedMultiplyAdd(v, y, s21);
                        v = Vector512.Create(*a3);
                        s30 = Avx512F.FusedMultiplyAdd(v, x, s30);
                        s31 = Avx512F.FusedMultiplyAdd(v, y, s31);
                        v = Vector512.Create(a0[four]);
                        s40 = Avx512F.FusedMultiplyAdd(v, x, s40);
                        s41 = Avx512F.FusedMultiplyAdd(v, y, s41);
                        v = Vector512.Create(a1[four]);
                        s50 = Avx512F.FusedMultiplyAdd(v, x, s50);
                        s51 = Avx512F.FusedMultiplyAdd(v, y, s51);
                        v = Vector512.Create(a2[four]);
                        s60 = Avx512F.FusedMultiplyAdd(v, x, s60);
                        s61 = Avx512F.FusedMultiplyAdd(v, y, s61);
                        v = Vector512.Create(a3[four]);
                        s70 = Avx512F.FusedMultiplyAdd(v, x, s70);
                        s71 = Avx512F.FusedMultiplyAdd(v, y, s71);
                    }
                    nint target = row * outputStride + column;
                    Take(ref epilogue, s00, s01, column, target);
                    Take(ref epilogue, s10, s11, column, target += outputStride);
                    Take(ref epilogue, s20, s21, column, target += outputStride);
                    Take(ref epilogue, s30, s31, column, target += outputStride);
                    Take(ref epilogue, s40, s41, column, target += outputStride);
                    Take(ref epilogue, s50, s51, column, target += outputStride);
                    Take(ref epilogue, s60, s61, column, target += outputStride);
                    Take(ref epilogue, s70, s71, column, target + outputStride);
                }
        }
    }

    /// <summary>Two factors of a sum over rows.</summary>
    public readonly struct Pair(float* left, float* right)
    {
        public readonly float* Left = left,
            Right = right;
    }

    /// <summary>
    /// Transposed A times B, summed over two pairs: the gradient of a weight that value and tangent share.
    /// </summary>
    /// <param name="primal">The first pair.</param>
    /// <param name="tangent">The second pair; null pointers if there is none.</param>
    /// <param name="leftStride">Floats from a row of A to the next.</param>
    /// <param name="rightStride">Floats from a row of B to the next.</param>
    /// <param name="inner">Rows of both.</param>
    /// <param name="rows">Columns of A, the result's rows.</param>
    /// <param name="columns">Columns of B, the result's columns.</param>
    /// <param name="scratch">Room for 64 floats a row of B.</param>
    /// <param name="epilogue">As above; the place is row times <paramref name="outputStride"/> plus column.</param>
    /// <param name="outputStride">Floats from a row of the result to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RunTransposed<TEpilogue>(
        Pair primal,
        Pair tangent,
        nint leftStride,
        nint rightStride,
        int inner,
        int rows,
        int columns,
        float* scratch,
        nint outputStride,
        ref TEpilogue epilogue
    )
        where TEpilogue : struct, IEpilogue
    {
        nint panel = (nint)inner * Columns;
        for (int column = 0; column < columns; column += Columns)
        {
            // Contiguous, a panel stays in the cache while all columns of A pass.
            CopyPanel(primal.Right + column, rightStride, inner, scratch);
            if (tangent.Left is not null)
                CopyPanel(tangent.Right + column, rightStride, inner, scratch + panel);
            for (int row = 0; row < rows; row += Rows)
            {
                Vector512<float> s00 = default,
                    s01 = default,
                    s10 = default,
                    s11 = default,
                    s20 = default,
                    s21 = default,
                    s30 = default,
                    s31 = default;
                Vector512<float> s40 = default,
                    s41 = default,
                    s50 = default,
                    s51 = default,
                    s60 = default,
                    s61 = default,
                    s70 = default,
                    s71 = default;
                for (int pair = 0; pair < 2; pair++)
                {
                    float* a = (pair == 0 ? primal : tangent).Left;
                    if (a is null)
                        break;
                    a += row;
                    float* at = scratch + pair * panel,
                        end = at + panel;
                    for (; at < end; at += Columns, a += leftStride)
                    {
                        var x = Vector512.Load(at);
                        var y = Vector512.Load(at + Lanes);
                        var v = Vector512.Create(a[0]);
                        s00 = Avx512F.FusedMultiplyAdd(v, x, s00);
                        s01 = Avx512F.FusedMultiplyAdd(v, y, s01);
                        v = Vector512.Create(a[1]);
                        s10 = Avx512F.FusedMultiplyAdd(v, x, s10);
                        s11 = Avx512F.FusedMultiplyAdd(v, y, s11);
                        v = Vector512.Create(a[2]);
                        s20 = Avx512F.FusedMultiplyAdd(v, x, s20);
                        s21 = Avx512F.FusedMultiplyAdd(v, y, s21);
                        v = Vector512.Create(a[3]);
                        s30 = Avx512F.FusedMultiplyAdd(v, x, s30);
                        s31 = Avx512F.FusedMultiplyAdd(v, y, s31);
                        v = Vector512.Create(a[4]);
                        s40 = Avx512F.FusedMultiplyAdd(v, x, s40);
                        s41 = Avx512F.FusedMultiplyAdd(v, y, s41);
                        v = Vector512.Create(a[5]);
                        s50 = Avx512F.FusedMultiplyAdd(v, x, s50);
                        s51 = Avx512F.FusedMultiplyAdd(v, y, s51);
                        v = Vector512.Create(a[6]);
                        s60 = Avx512F.FusedMultiplyAdd(v, x, s60);
                        s61 = Avx512F.FusedMultiplyAdd(v, y, s61);
                        v = Vector512.Create(a[7]);
                        s70 = Avx512F.FusedMultiplyAdd(v, x, s70);
                        s71 = Avx512F.FusedMultiplyAdd(v, y, s71);
                    }
                }
                nint target = row * outputStride + column;
                Take(ref epilogue, s00, s01, column, target);
                Take(ref epilogue, s10, s11, column, target += outputStride);
                Take(ref epilogue, s20, s21, column, target += outputStride);
                Take(ref epilogue, s30, s31, column, target += outputStride);
                Take(ref epilogue, s40, s41, column, target += outputStride);
                Take(ref epilogue, s50, s51, column, target += outputStride);
                Take(ref epilogue, s60, s61, column, target += outputStride);
                Take(ref epilogue, s70, s71, column, target + outputStride);
            }
        }
    }

    private static void CopyPanel(float* source, nint stride, int rows, float* panel)
    {
        for (int row = 0; row < rows; row++, source += stride, panel += Columns)
        {
            Vector512.Load(source).Store(panel);
            Vector512.Load(source + Lanes).Store(panel + Lanes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Take<TEpilogue>(
        ref TEpilogue epilogue,
        Vector512<float> left,
        Vector512<float> right,
        int column,
        nint at
    )
        where TEpilogue : struct, IEpilogue
    {
        epilogue.Take(left, column, at);
        epilogue.Take(right, column + Lanes, at + Lanes);
    }
}
