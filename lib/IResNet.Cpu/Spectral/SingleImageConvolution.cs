using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace IResNet.Cpu;

/// <summary>
/// 3x3 convolutions of a single example with the weights as torch keeps them, for power iteration: there is one vector
/// a layer, too small a piece for a library call.
/// </summary>
internal static unsafe class SingleImageConvolution
{
    private const int Lanes = InterleavedLayout.Lanes,
        Taps = 9;

    /// <summary>W x, or W transposed times x.</summary>
    /// <param name="weight">Shape (outputs, inputs, 3, 3) of W.</param>
    /// <param name="rows">Outputs of W.</param>
    /// <param name="columns">Inputs of W.</param>
    /// <param name="transpose">Which product.</param>
    /// <param name="x">A map.</param>
    /// <param name="y">Receives a map, with its border zero.</param>
    /// <param name="geometry">Size of the maps.</param>
    public static void Run(
        float* weight,
        int rows,
        int columns,
        bool transpose,
        float* x,
        float* y,
        PaddedPlanes geometry
    )
    {
        if (transpose)
            Run(
                weight + Taps - 1,
                x,
                y,
                rows,
                columns,
                inputStride: columns * Taps,
                outputStride: Taps,
                tapStride: -1,
                geometry
            );
        else
            Run(weight, x, y, columns, rows, inputStride: Taps, outputStride: columns * Taps, tapStride: 1, geometry);
        geometry.ClearBorder(y, transpose ? columns : rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run(
        float* weight,
        float* x,
        float* y,
        int inputs,
        int outputs,
        nint inputStride,
        nint outputStride,
        nint tapStride,
        PaddedPlanes geometry
    )
    {
        int row = geometry.Row,
            span = geometry.Span;
        nint plane = geometry.Plane;
        for (int output = 0; output < outputs; output += InterleavedLayout.Tile)
            for (int from = 0; from < span; from += PaddedPlanes.Chunk)
            {
                // The last tile may be incomplete: its missing outputs repeat the last one, in planes that exist for
                // that.
                float* w0 = weight + output * outputStride;
                nint d1 = (Math.Min(output + 1, outputs - 1) - output) * outputStride;
                nint d2 = (Math.Min(output + 2, outputs - 1) - output) * outputStride,
                    d3 = (Math.Min(output + 3, outputs - 1) - output) * outputStride;
                Vector512<float> s00 = default,
                    s01 = default,
                    s02 = default,
                    s03 = default,
                    s10 = default,
                    s11 = default,
                    s12 = default,
                    s13 = default;
                Vector512<float> s20 = default,
                    s21 = default,
                    s22 = default,
                    s23 = default,
                    s30 = default,
                    s31 = default,
                    s32 = default,
                    s33 = default;
                float* start = x + from;
                for (int input = 0; input < inputs; input++, start += plane, w0 += inputStride)
                {
                    float* w = w0;
                    float* line = start;
                    for (int tapRow = 0; tapRow < 3; tapRow++, line += row)
                    {
                        for (float* at = line; at < line + 3; at++, w += tapStride)
                        {
                            var a = Vector512.Create(w[0]);
                            var b = Vector512.Create(w[d1]);
                            var c = Vector512.Create(w[d2]);
                            var d = Vector512.Create(w[d3]);
                            var v = Vector512.Load(at);
                            s00 = Avx512F.FusedMultiplyAdd(a, v, s00);
                            s10 = Avx512F.FusedMultiplyAdd(b, v, s10);
                            s20 = Avx512F.FusedMultiplyAdd(c, v, s20);
                            s30 = Avx512F.FusedMultiplyAdd(d, v, s30);
                            v = Vector512.Load(at + Lanes);
                            s01 = Avx512F.FusedMultiplyAdd(a, v, s01);
                            s11 = Avx512F.FusedMultiplyAdd(b, v, s11);
                            s21 = Avx512F.FusedMultiplyAdd(c, v, s21);
                            s31 = Avx512F.FusedMultiplyAdd(d, v, s31);
                            v = Vector512.Load(at + 2 * Lanes);
                            s02 = Avx512F.FusedMultiplyAdd(a, v, s02);
                            s12 = Avx512F.FusedMultiplyAdd(b, v, s12);
                            s22 = Avx512F.FusedMultiplyAdd(c, v, s22);
                            s32 = Avx512F.FusedMultiplyAdd(d, v, s32);
                            v = Vector512.Load(at + 3 * Lanes);
                            s03 = Avx512F.FusedMultiplyAdd(a, v, s03);
                            s13 = Avx512F.FusedMultiplyAdd(b, v, s13);
                            s23 = Avx512F.FusedMultiplyAdd(c, v, s23);
                            s33 = Avx512F.FusedMultiplyAdd(d, v, s33);
                        }
                    }
                }
                float* to = y + output * plane + geometry.First + from;
                Put(to, s00, s01, s02, s03);
                Put(to + plane, s10, s11, s12, s13);
                Put(to + 2 * plane, s20, s21, s22, s23);
                Put(to + 3 * plane, s30, s31, s32, s33);
            }
    }

    /// <summary>The derivative of u.W v in W: for every tap the product of u and the shifted v.</summary>
    /// <param name="u">A map of <paramref name="rows"/> channels with zero border.</param>
    /// <param name="v">A map of <paramref name="columns"/> channels with zero border.</param>
    /// <param name="rows">Outputs of W.</param>
    /// <param name="columns">Inputs of W.</param>
    /// <param name="geometry">Size of the maps.</param>
    /// <param name="gradient">Receives shape (outputs, inputs, 3, 3).</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Outer(float* u, float* v, int rows, int columns, PaddedPlanes geometry, float* gradient)
    {
        int row = geometry.Row,
            span = geometry.Span;
        nint plane = geometry.Plane;
        for (int o = 0; o < rows; o += InterleavedLayout.Tile)
            for (int i = 0; i < columns; i++)
                for (int tapRow = 0; tapRow < 3; tapRow++)
                {
                    Vector512<float> s00 = default,
                        s01 = default,
                        s02 = default,
                        s10 = default,
                        s11 = default,
                        s12 = default;
                    Vector512<float> s20 = default,
                        s21 = default,
                        s22 = default,
                        s30 = default,
                        s31 = default,
                        s32 = default;
                    float* a = u + o * plane + geometry.First;
                    float* b = v + i * plane + tapRow * row;
                    for (float* end = a + span; a < end; a += Lanes, b += Lanes)
                    {
                        var (a0, a1) = (Vector512.Load(a), Vector512.Load(a + plane));
                        var (a2, a3) = (Vector512.Load(a + 2 * plane), Vector512.Load(a + 3 * plane));
                        var x = Vector512.Load(b);
                        s00 = Avx512F.FusedMultiplyAdd(a0, x, s00);
                        s10 = Avx512F.FusedMultiplyAdd(a1, x, s10);
                        s20 = Avx512F.FusedMultiplyAdd(a2, x, s20);
                        s30 = Avx512F.FusedMultiplyAdd(a3, x, s30);
                        x = Vector512.Load(b + 1);
                        s01 = Avx512F.FusedMultiplyAdd(a0, x, s01);
                        s11 = Avx512F.FusedMultiplyAdd(a1, x, s11);
                        s21 = Avx512F.FusedMultiplyAdd(a2, x, s21);
                        s31 = Avx512F.FusedMultiplyAdd(a3, x, s31);
                        x = Vector512.Load(b + 2);
                        s02 = Avx512F.FusedMultiplyAdd(a0, x, s02);
                        s12 = Avx512F.FusedMultiplyAdd(a1, x, s12);
                        s22 = Avx512F.FusedMultiplyAdd(a2, x, s22);
                        s32 = Avx512F.FusedMultiplyAdd(a3, x, s32);
                    }
                    float* to = gradient + ((nint)o * columns + i) * Taps + 3 * tapRow;
                    nint stride = (nint)columns * Taps;
                    Sum(to, s00, s01, s02);
                    if (o + 1 < rows)
                        Sum(to + stride, s10, s11, s12);
                    if (o + 2 < rows)
                        Sum(to + 2 * stride, s20, s21, s22);
                    if (o + 3 < rows)
                        Sum(to + 3 * stride, s30, s31, s32);
                }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* to, Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d)
    {
        a.Store(to);
        b.Store(to + Lanes);
        c.Store(to + 2 * Lanes);
        d.Store(to + 3 * Lanes);
    }

    private static void Sum(float* to, Vector512<float> a, Vector512<float> b, Vector512<float> c)
    {
        to[0] = Vector512.Sum(a);
        to[1] = Vector512.Sum(b);
        to[2] = Vector512.Sum(c);
    }
}
