using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace IResNet.Cpu;

/// <summary>
/// The gradient of a convolution's weight for one group of examples: for every pair of channels and every tap, the
/// product of an output cotangent and a shifted input, summed over pixels and examples. Two pairs are summed at once,
/// primal and tangent, which share the weight.
/// </summary>
internal static unsafe class InterleavedWeightGradient
{
    private const int Lanes = InterleavedLayout.Lanes,
        Tile = InterleavedLayout.Tile;

    /// <summary>
    /// A map of output cotangents and the map of inputs that they meet. For 3x3 kernels the inputs have a zero border.
    /// </summary>
    public readonly struct Pair(float* cotangent, float* input)
    {
        public readonly float* Cotangent = cotangent,
            Input = input;
    }

    /// <summary>Writes the gradient, shape (outputs, inputs, kernel, kernel).</summary>
    /// <param name="primal">The first pair.</param>
    /// <param name="tangent">The second pair; null pointers if there is none.</param>
    /// <param name="inputs">Input channels; the maps hold whole tiles.</param>
    /// <param name="outputs">Output channels; the maps hold whole tiles.</param>
    /// <param name="kernel">1 or 3.</param>
    /// <param name="layout">Size of the maps.</param>
    /// <param name="gradient">Where to write.</param>
    public static void Run(
        Pair primal,
        Pair tangent,
        int inputs,
        int outputs,
        int kernel,
        InterleavedLayout layout,
        float* gradient
    )
    {
        if (kernel == 3)
            Run3x3(primal, tangent, inputs, outputs, layout, gradient);
        else
            Run1x1(primal, tangent, inputs, outputs, layout, gradient);
    }

    /// <summary>In registers: four outputs by two inputs by the three taps of a kernel's row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run3x3(
        Pair primal,
        Pair tangent,
        int inputs,
        int outputs,
        InterleavedLayout layout,
        float* gradient
    )
    {
        int plane = layout.Plane,
            row = layout.Row,
            height = layout.Height,
            width = layout.Width;
        for (int o = 0; o < outputs; o += Tile)
            for (int i = 0; i < inputs; i += 2)
                for (int tapRow = 0; tapRow < 3; tapRow++)
                {
                    Vector512<float> a00 = default,
                        a01 = default,
                        a02 = default,
                        a10 = default,
                        a11 = default,
                        a12 = default;
                    Vector512<float> a20 = default,
                        a21 = default,
                        a22 = default,
                        a30 = default,
                        a31 = default,
                        a32 = default;
                    Vector512<float> b00 = default,
                        b01 = default,
                        b02 = default,
                        b10 = default,
                        b11 = default,
                        b12 = default;
                    Vector512<float> b20 = default,
                        b21 = default,
                        b22 = default,
                        b30 = default,
                        b31 = default,
                        b32 = default;
                    for (int pair = 0; pair < 2; pair++)
                    {
                        var maps = pair == 0 ? primal : tangent;
                        if (maps.Cotangent is null)
                            break;
                        for (int h = 0; h < height; h++)
                        {
                            float* y = maps.Cotangent + o * (nint)plane + layout.First + h * row;
                            float* x = maps.Input + i * (nint)plane + (h + tapRow) * row;
                            float* end = y + width * Lanes;
                            for (; y < end; y += Lanes, x += Lanes)
                            {
                                var y0 = Vector512.Load(y);
                                var y1 = Vector512.Load(y + plane);
                                var y2 = Vector512.Load(y + 2 * plane);
                                var y3 = Vector512.Load(y + 3 * plane);
                                var v = Vector512.Load(x);
                                a00 = Avx512F.FusedMultiplyAdd(y0, v, a00);
                                a10 = Avx512F.FusedMultiplyAdd(y1, v, a10);
                                a20 = Avx512F.FusedMultiplyAdd(y2, v, a20);
                                a30 = Avx512F.FusedMultiplyAdd(y3, v, a30);
                                v = Vector512.Load(x + Lanes);
                                a01 = Avx512F.FusedMultiplyAdd(y0, v, a01);
                                a11 = Avx512F.FusedMultiplyAdd(y1, v, a11);
                                a21 = Avx512F.FusedMultiplyAdd(y2, v, a21);
                                a31 = Avx512F.FusedMultiplyAdd(y3, v, a31);
                                v = Vector512.Load(x + 2 * Lanes);
                                a02 = Avx512F.FusedMultiplyAdd(y0, v, a02);
                                a12 = Avx512F.FusedMultiplyAdd(y1, v, a12);
                                a22 = Avx512F.FusedMultiplyAdd(y2, v, a22);
                                a32 = Avx512F.FusedMultiplyAdd(y3, v, a32);
                                v = Vector512.Load(x + plane);
                                b00 = Avx512F.FusedMultiplyAdd(y0, v, b00);
                                b10 = Avx512F.FusedMultiplyAdd(y1, v, b10);
                                b20 = Avx512F.FusedMultiplyAdd(y2, v, b20);
                                b30 = Avx512F.FusedMultiplyAdd(y3, v, b30);
                                v = Vector512.Load(x + plane + Lanes);
                                b01 = Avx512F.FusedMultiplyAdd(y0, v, b01);
                                b11 = Avx512F.FusedMultiplyAdd(y1, v, b11);
                                b21 = Avx512F.FusedMultiplyAdd(y2, v, b21);
                                b31 = Avx512F.FusedMultiplyAdd(y3, v, b31);
                                v = Vector512.Load(x + plane + 2 * Lanes);
                                b02 = Avx512F.FusedMultiplyAdd(y0, v, b02);
                                b12 = Avx512F.FusedMultiplyAdd(y1, v, b12);
                                b22 = Avx512F.FusedMultiplyAdd(y2, v, b22);
                                b32 = Avx512F.FusedMultiplyAdd(y3, v, b32);
                            }
                        }
                    }
                    var target = new Target(gradient, inputs, outputs, taps: 9);
                    int tap = 3 * tapRow;
                    target.Put(o, i, tap, a00, a10, a20, a30);
                    target.Put(o, i, tap + 1, a01, a11, a21, a31);
                    target.Put(o, i, tap + 2, a02, a12, a22, a32);
                    target.Put(o, i + 1, tap, b00, b10, b20, b30);
                    target.Put(o, i + 1, tap + 1, b01, b11, b21, b31);
                    target.Put(o, i + 1, tap + 2, b02, b12, b22, b32);
                }
    }

    /// <summary>In registers: four outputs by four inputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run1x1(
        Pair primal,
        Pair tangent,
        int inputs,
        int outputs,
        InterleavedLayout layout,
        float* gradient
    )
    {
        int plane = layout.Plane,
            rowSize = layout.Row,
            height = layout.Height,
            width = layout.Width;
        float* tile = stackalloc float[Tile * Tile];
        for (int o = 0; o < outputs; o += Tile)
            for (int i = 0; i < inputs; i += Tile)
            {
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
                for (int pair = 0; pair < 2; pair++)
                {
                    var maps = pair == 0 ? primal : tangent;
                    if (maps.Cotangent is null)
                        break;
                    for (int h = 0; h < height; h++)
                    {
                        float* y = maps.Cotangent + o * (nint)plane + layout.First + h * rowSize;
                        float* x = maps.Input + i * (nint)plane + layout.First + h * rowSize;
                        float* end = y + width * Lanes;
                        for (; y < end; y += Lanes, x += Lanes)
                        {
                            var y0 = Vector512.Load(y);
                            var y1 = Vector512.Load(y + plane);
                            var y2 = Vector512.Load(y + 2 * plane);
                            var y3 = Vector512.Load(y + 3 * plane);
                            var v = Vector512.Load(x);
                            s00 = Avx512F.FusedMultiplyAdd(y0, v, s00);
                            s10 = Avx512F.FusedMultiplyAdd(y1, v, s10);
                            s20 = Avx512F.FusedMultiplyAdd(y2, v, s20);
                            s30 = Avx512F.FusedMultiplyAdd(y3, v, s30);
                            v = Vector512.Load(x + plane);
                            s01 = Avx512F.FusedMultiplyAdd(y0, v, s01);
                            s11 = Avx512F.FusedMultiplyAdd(y1, v, s11);
                            s21 = Avx512F.FusedMultiplyAdd(y2, v, s21);
                            s31 = Avx512F.FusedMultiplyAdd(y3, v, s31);
                            v = Vector512.Load(x + 2 * plane);
                            s02 = Avx512F.FusedMultiplyAdd(y0, v, s02);
                            s12 = Avx512F.FusedMultiplyAdd(y1, v, s12);
                            s22 = Avx512F.FusedMultiplyAdd(y2, v, s22);
                            s32 = Avx512F.FusedMultiplyAdd(y3, v, s32);
                            v = Vector512.Load(x + 3 * plane);
                            s03 = Avx512F.FusedMultiplyAdd(y0, v, s03);
                            s13 = Avx512F.FusedMultiplyAdd(y1, v, s13);
                            s23 = Avx512F.FusedMultiplyAdd(y2, v, s23);
                            s33 = Avx512F.FusedMultiplyAdd(y3, v, s33);
                        }
                    }
                }
                // Where a map has few pixels, sums over lanes one by one would take as long as the products.
                SumQuads(
                        Quad(s00, s01, s02, s03),
                        Quad(s10, s11, s12, s13),
                        Quad(s20, s21, s22, s23),
                        Quad(s30, s31, s32, s33)
                    )
                    .Store(tile);
                int valid = Math.Min(Tile, inputs - i);
                for (int row = 0; row < Math.Min(Tile, outputs - o); row++)
                    for (int column = 0; column < valid; column++)
                        gradient[(nint)(o + row) * inputs + i + column] = tile[row * Tile + column];
            }
    }

    /// <summary>In every 128-bit part, the sums of that part of a, b, c and d.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Quad(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d)
    {
        var ab = (Avx512F.UnpackLow(a, b) + Avx512F.UnpackHigh(a, b)).AsDouble();
        var cd = (Avx512F.UnpackLow(c, d) + Avx512F.UnpackHigh(c, d)).AsDouble();
        return Avx512F.UnpackLow(ab, cd).AsSingle() + Avx512F.UnpackHigh(ab, cd).AsSingle();
    }

    /// <summary>The sum of a's 128-bit parts in the first part, of b's in the second, and so on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> SumQuads(
        Vector512<float> a,
        Vector512<float> b,
        Vector512<float> c,
        Vector512<float> d
    )
    {
        const byte Even = 0b10_00_10_00,
            Odd = 0b11_01_11_01;
        var ab = Avx512F.Shuffle4x128(a, b, Even) + Avx512F.Shuffle4x128(a, b, Odd);
        var cd = Avx512F.Shuffle4x128(c, d, Even) + Avx512F.Shuffle4x128(c, d, Odd);
        return Avx512F.Shuffle4x128(ab, cd, Even) + Avx512F.Shuffle4x128(ab, cd, Odd);
    }

    /// <summary>Sums the lanes and writes what is not padding.</summary>
    private readonly struct Target(float* gradient, int inputs, int outputs, int taps)
    {
        public void Put(
            int output,
            int input,
            int tap,
            Vector512<float> s0,
            Vector512<float> s1,
            Vector512<float> s2,
            Vector512<float> s3
        )
        {
            if (input >= inputs)
                return;
            Put(output, input, tap, s0);
            Put(output + 1, input, tap, s1);
            Put(output + 2, input, tap, s2);
            Put(output + 3, input, tap, s3);
        }

        private void Put(int output, int input, int tap, Vector512<float> sum)
        {
            if (output < outputs)
                gradient[((nint)output * inputs + input) * taps + tap] = Vector512.Sum(sum);
        }
    }
}
