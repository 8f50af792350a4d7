using System.Runtime.CompilerServices;

namespace IResNet.Cpu;

/// <summary>
/// The gradient of a convolution's weight for one group of examples: for every pair of channels and every tap, the
/// product of an output cotangent and a shifted input, summed over pixels and examples. Two pairs are summed at once,
/// primal and tangent, which share the weight.
/// </summary>
internal static unsafe class InterleavedWeightGradient<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    private const int Tile = InterleavedLayout.Tile;

    private static int Lanes => TVector.Lanes;

    private static bool Many => TVector.HasManyRegisters;

    /// <summary>Output channels in registers at once.</summary>
    private static int Outputs => Many ? Tile : Tile / 2;

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

    /// <summary>In registers: some outputs by two inputs by the three taps of a kernel's row.</summary>
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
        for (int o = 0; o < outputs; o += Outputs)
            for (int i = 0; i < inputs; i += 2)
                for (int tapRow = 0; tapRow < 3; tapRow++)
                {
                    TVector a00 = default,
                        a01 = default,
                        a02 = default,
                        a10 = default,
                        a11 = default,
                        a12 = default;
                    TVector a20 = default,
                        a21 = default,
                        a22 = default,
                        a30 = default,
                        a31 = default,
                        a32 = default;
                    TVector b00 = default,
                        b01 = default,
                        b02 = default,
                        b10 = default,
                        b11 = default,
                        b12 = default;
                    TVector b20 = default,
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
                                var y0 = TVector.Load(y);
                                var y1 = TVector.Load(y + plane);
                                var y2 = Many ? TVector.Load(y + 2 * plane) : default;
                                var y3 = Many ? TVector.Load(y + 3 * plane) : default;
                                var v = TVector.Load(x);
                                a00 = TVector.MultiplyAdd(y0, v, a00);
                                a10 = TVector.MultiplyAdd(y1, v, a10);
                                if (Many)
                                {
                                    a20 = TVector.MultiplyAdd(y2, v, a20);
                                    a30 = TVector.MultiplyAdd(y3, v, a30);
                                }
                                v = TVector.Load(x + Lanes);
                                a01 = TVector.MultiplyAdd(y0, v, a01);
                                a11 = TVector.MultiplyAdd(y1, v, a11);
                                if (Many)
                                {
                                    a21 = TVector.MultiplyAdd(y2, v, a21);
                                    a31 = TVector.MultiplyAdd(y3, v, a31);
                                }
                                v = TVector.Load(x + 2 * Lanes);
                                a02 = TVector.MultiplyAdd(y0, v, a02);
                                a12 = TVector.MultiplyAdd(y1, v, a12);
                                if (Many)
                                {
                                    a22 = TVector.MultiplyAdd(y2, v, a22);
                                    a32 = TVector.MultiplyAdd(y3, v, a32);
                                }
                                v = TVector.Load(x + plane);
                                b00 = TVector.MultiplyAdd(y0, v, b00);
                                b10 = TVector.MultiplyAdd(y1, v, b10);
                                if (Many)
                                {
                                    b20 = TVector.MultiplyAdd(y2, v, b20);
                                    b30 = TVector.MultiplyAdd(y3, v, b30);
                                }
                                v = TVector.Load(x + plane + Lanes);
                                b01 = TVector.MultiplyAdd(y0, v, b01);
                                b11 = TVector.MultiplyAdd(y1, v, b11);
                                if (Many)
                                {
                                    b21 = TVector.MultiplyAdd(y2, v, b21);
                                    b31 = TVector.MultiplyAdd(y3, v, b31);
                                }
                                v = TVector.Load(x + plane + 2 * Lanes);
                                b02 = TVector.MultiplyAdd(y0, v, b02);
                                b12 = TVector.MultiplyAdd(y1, v, b12);
                                if (Many)
                                {
                                    b22 = TVector.MultiplyAdd(y2, v, b22);
                                    b32 = TVector.MultiplyAdd(y3, v, b32);
                                }
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

    /// <summary>In registers: some outputs by four inputs.</summary>
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
        float* vectors = stackalloc float[Tile * Tile * Lanes];
        new Span<float>(vectors, Tile * Tile * Lanes).Clear();
        for (int o = 0; o < outputs; o += Outputs)
            for (int i = 0; i < inputs; i += Tile)
            {
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
                            var y0 = TVector.Load(y);
                            var y1 = TVector.Load(y + plane);
                            var y2 = Many ? TVector.Load(y + 2 * plane) : default;
                            var y3 = Many ? TVector.Load(y + 3 * plane) : default;
                            var v = TVector.Load(x);
                            s00 = TVector.MultiplyAdd(y0, v, s00);
                            s10 = TVector.MultiplyAdd(y1, v, s10);
                            if (Many)
                            {
                                s20 = TVector.MultiplyAdd(y2, v, s20);
                                s30 = TVector.MultiplyAdd(y3, v, s30);
                            }
                            v = TVector.Load(x + plane);
                            s01 = TVector.MultiplyAdd(y0, v, s01);
                            s11 = TVector.MultiplyAdd(y1, v, s11);
                            if (Many)
                            {
                                s21 = TVector.MultiplyAdd(y2, v, s21);
                                s31 = TVector.MultiplyAdd(y3, v, s31);
                            }
                            v = TVector.Load(x + 2 * plane);
                            s02 = TVector.MultiplyAdd(y0, v, s02);
                            s12 = TVector.MultiplyAdd(y1, v, s12);
                            if (Many)
                            {
                                s22 = TVector.MultiplyAdd(y2, v, s22);
                                s32 = TVector.MultiplyAdd(y3, v, s32);
                            }
                            v = TVector.Load(x + 3 * plane);
                            s03 = TVector.MultiplyAdd(y0, v, s03);
                            s13 = TVector.MultiplyAdd(y1, v, s13);
                            if (Many)
                            {
                                s23 = TVector.MultiplyAdd(y2, v, s23);
                                s33 = TVector.MultiplyAdd(y3, v, s33);
                            }
                        }
                    }
                }
                s00.Store(vectors + 0 * Lanes);
                s01.Store(vectors + 1 * Lanes);
                s02.Store(vectors + 2 * Lanes);
                s03.Store(vectors + 3 * Lanes);
                s10.Store(vectors + 4 * Lanes);
                s11.Store(vectors + 5 * Lanes);
                s12.Store(vectors + 6 * Lanes);
                s13.Store(vectors + 7 * Lanes);
                if (Many)
                {
                    s20.Store(vectors + 8 * Lanes);
                    s21.Store(vectors + 9 * Lanes);
                    s22.Store(vectors + 10 * Lanes);
                    s23.Store(vectors + 11 * Lanes);
                    s30.Store(vectors + 12 * Lanes);
                    s31.Store(vectors + 13 * Lanes);
                    s32.Store(vectors + 14 * Lanes);
                    s33.Store(vectors + 15 * Lanes);
                }
                TVector.SumSixteen(vectors, tile);
                int valid = Math.Min(Tile, inputs - i);
                for (int row = 0; row < Math.Min(Outputs, outputs - o); row++)
                    for (int column = 0; column < valid; column++)
                        gradient[(nint)(o + row) * inputs + i + column] = tile[row * Tile + column];
            }
    }

    /// <summary>Sums the lanes and writes what is not padding.</summary>
    private readonly struct Target(float* gradient, int inputs, int outputs, int taps)
    {
        public void Put(int output, int input, int tap, TVector s0, TVector s1, TVector s2, TVector s3)
        {
            if (input >= inputs)
                return;
            Put(output, input, tap, s0);
            Put(output + 1, input, tap, s1);
            if (!Many)
                return;
            Put(output + 2, input, tap, s2);
            Put(output + 3, input, tap, s3);
        }

        private void Put(int output, int input, int tap, TVector sum)
        {
            if (output < outputs)
                gradient[((nint)output * inputs + input) * taps + tap] = TVector.Sum(sum);
        }
    }
}
