using System.Runtime.CompilerServices;

namespace IResNet.Cpu;

/// <summary>What is done with a convolution's sums while they are in registers.</summary>
internal interface IEpilogue<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    /// <summary>Takes the sum of one output channel at one pixel of a group.</summary>
    /// <param name="sum">The convolution without bias.</param>
    /// <param name="channel">The output channel; may lie in the padding of the last tile, where the sum is
    /// zero.</param>
    /// <param name="at">Floats from the start of a map to this channel and pixel.</param>
    void Take(TVector sum, int channel, nint at);
}

/// <summary>
/// 1x1 and 3x3 convolutions of one group of examples. Sixteen sums, four channels by four pixels, stay in registers
/// while the loops run over input channels and taps, so that eight loads feed sixteen multiply-adds: on a core with two
/// units for them this runs at their full rate. Where there are sixteen registers only, twelve sums stay there.
/// </summary>
internal static unsafe class InterleavedConvolution<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    private const int Tile = InterleavedLayout.Tile;

    private static int Lanes => TVector.Lanes;

    private static bool Many => TVector.HasManyRegisters;

    /// <summary>Pixels in registers at once.</summary>
    private static int Pixels => Many ? Tile : Tile - 1;

    /// <summary>Convolves.</summary>
    /// <param name="input">A map of <paramref name="inputs"/> channels; for a 3x3 kernel with zero border.</param>
    /// <param name="weights">As <see cref="InterleavedWeights"/> packs them.</param>
    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="kernel">1 or 3.</param>
    /// <param name="layout">Size of the maps.</param>
    /// <param name="epilogue">Takes the sums.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TEpilogue>(
        float* input,
        float* weights,
        int inputs,
        int outputs,
        int kernel,
        InterleavedLayout layout,
        ref TEpilogue epilogue
    )
        where TEpilogue : struct, IEpilogue<TVector>
    {
        int* offsets = layout.Offsets;
        int plane = layout.Plane,
            row = layout.Row,
            pixels = layout.Pixels;
        // A 3x3 kernel starts at the border's corner.
        float* corner = input + (kernel == 1 ? layout.First : 0);
        byte* memory = stackalloc byte[(Tile * Tile + 1) * sizeof(TVector)];
        // On a boundary of its own size no vector lies in two cache lines.
        var sums = (TVector*)(((nint)memory + sizeof(TVector) - 1) & -sizeof(TVector));
        for (int pixel = 0; pixel < pixels; pixel += Pixels)
        {
            int* offset = offsets + pixel;
            int valid = Math.Min(Pixels, pixels - pixel);
            float* w = weights;
            for (int channel = 0; channel < outputs; channel += Tile)
            {
                float* x0 = corner + offset[0],
                    x1 = corner + offset[1],
                    x2 = corner + offset[2],
                    x3 = corner + offset[3];
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
                nint channelEnd = (nint)inputs * plane;
                for (nint start = 0; start < channelEnd; start += plane)
                {
                    nint rowEnd = start + (nint)kernel * row;
                    for (nint rowStart = start; rowStart < rowEnd; rowStart += row)
                    {
                        nint end = rowStart + kernel * Lanes;
                        for (nint at = rowStart; at < end; at += Lanes, w += Tile)
                        {
                            if (Many)
                            {
                                var w0 = TVector.Create(w[0]);
                                var w1 = TVector.Create(w[1]);
                                var w2 = TVector.Create(w[2]);
                                var w3 = TVector.Create(w[3]);
                                var x = TVector.Load(x0 + at);
                                s00 = TVector.MultiplyAdd(w0, x, s00);
                                s10 = TVector.MultiplyAdd(w1, x, s10);
                                s20 = TVector.MultiplyAdd(w2, x, s20);
                                s30 = TVector.MultiplyAdd(w3, x, s30);
                                x = TVector.Load(x1 + at);
                                s01 = TVector.MultiplyAdd(w0, x, s01);
                                s11 = TVector.MultiplyAdd(w1, x, s11);
                                s21 = TVector.MultiplyAdd(w2, x, s21);
                                s31 = TVector.MultiplyAdd(w3, x, s31);
                                x = TVector.Load(x2 + at);
                                s02 = TVector.MultiplyAdd(w0, x, s02);
                                s12 = TVector.MultiplyAdd(w1, x, s12);
                                s22 = TVector.MultiplyAdd(w2, x, s22);
                                s32 = TVector.MultiplyAdd(w3, x, s32);
                                x = TVector.Load(x3 + at);
                                s03 = TVector.MultiplyAdd(w0, x, s03);
                                s13 = TVector.MultiplyAdd(w1, x, s13);
                                s23 = TVector.MultiplyAdd(w2, x, s23);
                                s33 = TVector.MultiplyAdd(w3, x, s33);
                            }
                            else
                            {
                                var v0 = TVector.Load(x0 + at);
                                var v1 = TVector.Load(x1 + at);
                                var v2 = TVector.Load(x2 + at);
                                var weight = TVector.Create(w[0]);
                                s00 = TVector.MultiplyAdd(weight, v0, s00);
                                s01 = TVector.MultiplyAdd(weight, v1, s01);
                                s02 = TVector.MultiplyAdd(weight, v2, s02);
                                weight = TVector.Create(w[1]);
                                s10 = TVector.MultiplyAdd(weight, v0, s10);
                                s11 = TVector.MultiplyAdd(weight, v1, s11);
                                s12 = TVector.MultiplyAdd(weight, v2, s12);
                                weight = TVector.Create(w[2]);
                                s20 = TVector.MultiplyAdd(weight, v0, s20);
                                s21 = TVector.MultiplyAdd(weight, v1, s21);
                                s22 = TVector.MultiplyAdd(weight, v2, s22);
                                weight = TVector.Create(w[3]);
                                s30 = TVector.MultiplyAdd(weight, v0, s30);
                                s31 = TVector.MultiplyAdd(weight, v1, s31);
                                s32 = TVector.MultiplyAdd(weight, v2, s32);
                            }
                        }
                    }
                }
                nint to = channel * (nint)plane + layout.First;
                // Sixteen epilogues in a row would be more than the just-in-time compiler inlines.
                (sums[0], sums[1], sums[2], sums[3]) = (s00, s10, s20, s30);
                (sums[4], sums[5], sums[6], sums[7]) = (s01, s11, s21, s31);
                (sums[8], sums[9], sums[10], sums[11]) = (s02, s12, s22, s32);
                if (Many)
                    (sums[12], sums[13], sums[14], sums[15]) = (s03, s13, s23, s33);
                var sum = sums;
                for (int i = 0; i < valid; i++)
                {
                    nint at = to + offset[i];
                    for (int j = 0; j < Tile; j++, sum++, at += plane)
                        epilogue.Take(*sum, channel + j, at);
                }
            }
        }
    }
}
