using System.Runtime.CompilerServices;

namespace IResNet.Cpu;

/// <summary>
/// Matrix products whose sums go through an epilogue while they are in registers. Sixteen sums, eight rows by two
/// registers of columns, stay there during the inner loop; twelve where there are fewer registers.
/// </summary>
internal static unsafe class Gemm<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    /// <summary>Rows that are computed at once; matrices are allocated up to a multiple.</summary>
    public static int Rows => Many ? 8 : 6;

    /// <summary>Columns that are computed at once, likewise.</summary>
    public static int Columns => 2 * Lanes;

    private static int Lanes => TVector.Lanes;

    private static bool Many => TVector.HasManyRegisters;

    // Rows of the left matrix that stay in the cache while all panels of the right one pass.
    private const int Chunk = 128;

    /// <summary>A B, for A with rows one after the other.</summary>
    /// <param name="a">A.</param>
    /// <param name="stride">Floats from a row of A to the next.</param>
    /// <param name="b">B as <see cref="Panels{TVector}"/> packs it.</param>
    /// <param name="rows">Rows of A; whole tiles are computed, and the epilogue sees them all.</param>
    /// <param name="inner">Columns of A.</param>
    /// <param name="columns">Columns of B, likewise.</param>
    /// <param name="outputStride">Floats from a row of the result's maps to the next.</param>
    /// <param name="epilogue">Takes a vector of sums of neighbouring columns: the first column, and its place in a
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
        where TEpilogue : struct, IEpilogue<TVector>
    {
        nint panel = (nint)inner * Columns;
        byte* memory = stackalloc byte[SumsSize];
        var sums = Sums(memory);
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
                    TVector s00 = default,
                        s01 = default,
                        s10 = default,
                        s11 = default,
                        s20 = default,
                        s21 = default,
                        s30 = default,
                        s31 = default;
                    TVector s40 = default,
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
                        var x = TVector.Load(at);
                        var y = TVector.Load(at + Lanes);
                        var v = TVector.Create(*a0);
                        s00 = TVector.MultiplyAdd(v, x, s00);
                        s01 = TVector.MultiplyAdd(v, y, s01);
                        v = TVector.Create(*a1);
                        s10 = TVector.MultiplyAdd(v, x, s10);
                        s11 = TVector.MultiplyAdd(v, y, s11);
                        v = TVector.Create(*a2);
                        s20 = TVector.MultiplyAdd(v, x, s20);
                        s21 = TVector.MultiplyAdd(v, y, s21);
                        v = TVector.Create(*a3);
                        s30 = TVector.MultiplyAdd(v, x, s30);
                        s31 = TVector.MultiplyAdd(v, y, s31);
                        v = TVector.Create(a0[four]);
                        s40 = TVector.MultiplyAdd(v, x, s40);
                        s41 = TVector.MultiplyAdd(v, y, s41);
                        v = TVector.Create(a1[four]);
                        s50 = TVector.MultiplyAdd(v, x, s50);
                        s51 = TVector.MultiplyAdd(v, y, s51);
                        if (!Many)
                            continue;
                        v = TVector.Create(a2[four]);
                        s60 = TVector.MultiplyAdd(v, x, s60);
                        s61 = TVector.MultiplyAdd(v, y, s61);
                        v = TVector.Create(a3[four]);
                        s70 = TVector.MultiplyAdd(v, x, s70);
                        s71 = TVector.MultiplyAdd(v, y, s71);
                    }
                    // Sixteen epilogues in a row would be more than the just-in-time compiler inlines.
                    (sums[0], sums[1], sums[2], sums[3]) = (s00, s01, s10, s11);
                    (sums[4], sums[5], sums[6], sums[7]) = (s20, s21, s30, s31);
                    (sums[8], sums[9], sums[10], sums[11]) = (s40, s41, s50, s51);
                    if (Many)
                        (sums[12], sums[13], sums[14], sums[15]) = (s60, s61, s70, s71);
                    Take(sums, column, row * outputStride + column, outputStride, ref epilogue);
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
    /// <param name="scratch">Room for two panels of B's columns, of its rows.</param>
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
        where TEpilogue : struct, IEpilogue<TVector>
    {
        nint panel = (nint)inner * Columns;
        byte* memory = stackalloc byte[SumsSize];
        var sums = Sums(memory);
        for (int column = 0; column < columns; column += Columns)
        {
            // Contiguous, a panel stays in the cache while all columns of A pass.
            CopyPanel(primal.Right + column, rightStride, inner, scratch);
            if (tangent.Left is not null)
                CopyPanel(tangent.Right + column, rightStride, inner, scratch + panel);
            for (int row = 0; row < rows; row += Rows)
            {
                TVector s00 = default,
                    s01 = default,
                    s10 = default,
                    s11 = default,
                    s20 = default,
                    s21 = default,
                    s30 = default,
                    s31 = default;
                TVector s40 = default,
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
                        var x = TVector.Load(at);
                        var y = TVector.Load(at + Lanes);
                        var v = TVector.Create(a[0]);
                        s00 = TVector.MultiplyAdd(v, x, s00);
                        s01 = TVector.MultiplyAdd(v, y, s01);
                        v = TVector.Create(a[1]);
                        s10 = TVector.MultiplyAdd(v, x, s10);
                        s11 = TVector.MultiplyAdd(v, y, s11);
                        v = TVector.Create(a[2]);
                        s20 = TVector.MultiplyAdd(v, x, s20);
                        s21 = TVector.MultiplyAdd(v, y, s21);
                        v = TVector.Create(a[3]);
                        s30 = TVector.MultiplyAdd(v, x, s30);
                        s31 = TVector.MultiplyAdd(v, y, s31);
                        v = TVector.Create(a[4]);
                        s40 = TVector.MultiplyAdd(v, x, s40);
                        s41 = TVector.MultiplyAdd(v, y, s41);
                        v = TVector.Create(a[5]);
                        s50 = TVector.MultiplyAdd(v, x, s50);
                        s51 = TVector.MultiplyAdd(v, y, s51);
                        if (!Many)
                            continue;
                        v = TVector.Create(a[6]);
                        s60 = TVector.MultiplyAdd(v, x, s60);
                        s61 = TVector.MultiplyAdd(v, y, s61);
                        v = TVector.Create(a[7]);
                        s70 = TVector.MultiplyAdd(v, x, s70);
                        s71 = TVector.MultiplyAdd(v, y, s71);
                    }
                }
                // Sixteen epilogues in a row would be more than the just-in-time compiler inlines.
                (sums[0], sums[1], sums[2], sums[3]) = (s00, s01, s10, s11);
                (sums[4], sums[5], sums[6], sums[7]) = (s20, s21, s30, s31);
                (sums[8], sums[9], sums[10], sums[11]) = (s40, s41, s50, s51);
                if (Many)
                    (sums[12], sums[13], sums[14], sums[15]) = (s60, s61, s70, s71);
                Take(sums, column, row * outputStride + column, outputStride, ref epilogue);
            }
        }
    }

    private static void CopyPanel(float* source, nint stride, int rows, float* panel)
    {
        for (int row = 0; row < rows; row++, source += stride, panel += Columns)
        {
            TVector.Load(source).Store(panel);
            TVector.Load(source + Lanes).Store(panel + Lanes);
        }
    }

    /// <summary>Hands the sums of two vectors of columns by all rows to the epilogue.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Take<TEpilogue>(
        TVector* sums,
        int column,
        nint at,
        nint stride,
        ref TEpilogue epilogue
    )
        where TEpilogue : struct, IEpilogue<TVector>
    {
        for (int row = 0; row < Rows; row++, sums += 2, at += stride)
        {
            for (int half = 0; half < 2; half++)
                epilogue.Take(sums[half], column + half * Lanes, at + half * Lanes);
        }
    }

    /// <summary>Room for the sums, on a boundary of a vector's size.</summary>
    /// <param name="memory">Of <see cref="SumsSize"/> bytes.</param>
    private static TVector* Sums(byte* memory) =>
        (TVector*)(((nint)memory + sizeof(TVector) - 1) & -sizeof(TVector));

    private static int SumsSize => 17 * sizeof(TVector);
}
