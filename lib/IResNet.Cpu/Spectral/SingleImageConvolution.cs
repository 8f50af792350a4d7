using System.Runtime.CompilerServices;

namespace IResNet.Cpu;

/// <summary>
/// 3x3 convolutions of a single example with the weights as torch keeps them, for power iteration: there is one vector
/// per layer, too small a piece for a library call.
/// </summary>
internal static unsafe class SingleImageConvolution<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    private const int Taps = 9;

    private static int Lanes => TVector.Lanes;

    private static bool Many => TVector.HasManyRegisters;

    /// <summary>Vectors of pixels in registers at once.</summary>
    private static int Vectors => Many ? 4 : 3;

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
            for (int from = 0; from < span; from += Vectors * Lanes)
            {
                // The last tile may be incomplete: its missing outputs repeat the last one, in planes that exist for
                // that.
                float* first = weight + output * outputStride;
                nint d1 = (Math.Min(output + 1, outputs - 1) - output) * outputStride;
                nint d2 = (Math.Min(output + 2, outputs - 1) - output) * outputStride,
                    d3 = (Math.Min(output + 3, outputs - 1) - output) * outputStride;
                TVector s00 = default,
                    s01 = default,
                    s02 = default,
                    s03 = default,
                    s10 = default,
                    s11 = default,
                    s12 = default,
                    s13 = default;
                TVector s20 = default,
                    s21 = default,
                    s22 = default,
                    s23 = default,
                    s30 = default,
                    s31 = default,
                    s32 = default,
                    s33 = default;
                float* start = x + from;
                for (int input = 0; input < inputs; input++, start += plane, first += inputStride)
                {
                    float* w = first;
                    float* line = start;
                    for (int tapRow = 0; tapRow < 3; tapRow++, line += row)
                    {
                        for (float* at = line; at < line + 3; at++, w += tapStride)
                        {
                            if (Many)
                            {
                                var w0 = TVector.Create(w[0]);
                                var w1 = TVector.Create(w[d1]);
                                var w2 = TVector.Create(w[d2]);
                                var w3 = TVector.Create(w[d3]);
                                var v = TVector.Load(at);
                                s00 = TVector.MultiplyAdd(w0, v, s00);
                                s10 = TVector.MultiplyAdd(w1, v, s10);
                                s20 = TVector.MultiplyAdd(w2, v, s20);
                                s30 = TVector.MultiplyAdd(w3, v, s30);
                                v = TVector.Load(at + Lanes);
                                s01 = TVector.MultiplyAdd(w0, v, s01);
                                s11 = TVector.MultiplyAdd(w1, v, s11);
                                s21 = TVector.MultiplyAdd(w2, v, s21);
                                s31 = TVector.MultiplyAdd(w3, v, s31);
                                v = TVector.Load(at + 2 * Lanes);
                                s02 = TVector.MultiplyAdd(w0, v, s02);
                                s12 = TVector.MultiplyAdd(w1, v, s12);
                                s22 = TVector.MultiplyAdd(w2, v, s22);
                                s32 = TVector.MultiplyAdd(w3, v, s32);
                                v = TVector.Load(at + 3 * Lanes);
                                s03 = TVector.MultiplyAdd(w0, v, s03);
                                s13 = TVector.MultiplyAdd(w1, v, s13);
                                s23 = TVector.MultiplyAdd(w2, v, s23);
                                s33 = TVector.MultiplyAdd(w3, v, s33);
                            }
                            else
                            {
                                var v0 = TVector.Load(at);
                                var v1 = TVector.Load(at + Lanes);
                                var v2 = TVector.Load(at + 2 * Lanes);
                                var tap = TVector.Create(w[0]);
                                s00 = TVector.MultiplyAdd(tap, v0, s00);
                                s01 = TVector.MultiplyAdd(tap, v1, s01);
                                s02 = TVector.MultiplyAdd(tap, v2, s02);
                                tap = TVector.Create(w[d1]);
                                s10 = TVector.MultiplyAdd(tap, v0, s10);
                                s11 = TVector.MultiplyAdd(tap, v1, s11);
                                s12 = TVector.MultiplyAdd(tap, v2, s12);
                                tap = TVector.Create(w[d2]);
                                s20 = TVector.MultiplyAdd(tap, v0, s20);
                                s21 = TVector.MultiplyAdd(tap, v1, s21);
                                s22 = TVector.MultiplyAdd(tap, v2, s22);
                                tap = TVector.Create(w[d3]);
                                s30 = TVector.MultiplyAdd(tap, v0, s30);
                                s31 = TVector.MultiplyAdd(tap, v1, s31);
                                s32 = TVector.MultiplyAdd(tap, v2, s32);
                            }
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
                    TVector s00 = default,
                        s01 = default,
                        s02 = default,
                        s10 = default,
                        s11 = default,
                        s12 = default;
                    TVector s20 = default,
                        s21 = default,
                        s22 = default,
                        s30 = default,
                        s31 = default,
                        s32 = default;
                    float* a = u + o * plane + geometry.First;
                    float* b = v + i * plane + tapRow * row;
                    for (float* end = a + span; a < end; a += Lanes, b += Lanes)
                    {
                        var x0 = TVector.Load(b);
                        var x1 = TVector.Load(b + 1);
                        var x2 = TVector.Load(b + 2);
                        var a0 = TVector.Load(a);
                        s00 = TVector.MultiplyAdd(a0, x0, s00);
                        s01 = TVector.MultiplyAdd(a0, x1, s01);
                        s02 = TVector.MultiplyAdd(a0, x2, s02);
                        var a1 = TVector.Load(a + plane);
                        s10 = TVector.MultiplyAdd(a1, x0, s10);
                        s11 = TVector.MultiplyAdd(a1, x1, s11);
                        s12 = TVector.MultiplyAdd(a1, x2, s12);
                        var a2 = TVector.Load(a + 2 * plane);
                        s20 = TVector.MultiplyAdd(a2, x0, s20);
                        s21 = TVector.MultiplyAdd(a2, x1, s21);
                        s22 = TVector.MultiplyAdd(a2, x2, s22);
                        var a3 = TVector.Load(a + 3 * plane);
                        s30 = TVector.MultiplyAdd(a3, x0, s30);
                        s31 = TVector.MultiplyAdd(a3, x1, s31);
                        s32 = TVector.MultiplyAdd(a3, x2, s32);
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
    private static void Put(float* to, TVector a, TVector b, TVector c, TVector d)
    {
        a.Store(to);
        b.Store(to + Lanes);
        c.Store(to + 2 * Lanes);
        if (Many)
            d.Store(to + 3 * Lanes);
    }

    private static void Sum(float* to, TVector a, TVector b, TVector c)
    {
        to[0] = TVector.Sum(a);
        to[1] = TVector.Sum(b);
        to[2] = TVector.Sum(c);
    }
}
