namespace IResNet.Cpu;

/// <summary>
/// The weights of a branch in the order in which <see cref="InterleavedConvolution{TVector}"/> reads them: [output
/// tile][input][tap][output in tile]. Outputs beyond the last are zero, biases too.
/// </summary>
/// <param name="channels">Channels of the data.</param>
/// <param name="hidden">Channels of the inner maps.</param>
internal sealed unsafe class InterleavedWeights(int channels, int hidden)
{
    private const int Tile = InterleavedLayout.Tile,
        Taps = 9;

    /// <summary>Floats that both packings have room in.</summary>
    public nint Size =>
        MemoryBlock.WholeLines(
            2 * (nint)Taps * InterleavedLayout.RoundUp(hidden) * InterleavedLayout.RoundUp(channels)
                + (nint)InterleavedLayout.RoundUp(hidden) * (hidden + 2)
                + InterleavedLayout.RoundUp(channels)
                + BranchTensors.Places
        );

    /// <summary>Packs weights, biases and the activations' parameters.</summary>
    public BranchWeights Pack(BranchTensors tensors, float* memory)
    {
        float* first = memory,
            middle = Pack(tensors.First, hidden, channels, Taps, first),
            last = Pack(tensors.Middle, hidden, hidden, 1, middle),
            firstBias = Pack(tensors.Last, channels, hidden, Taps, last),
            middleBias = PackBias(tensors.FirstBias, hidden, firstBias),
            lastBias = PackBias(tensors.MiddleBias, hidden, middleBias),
            learned = PackBias(tensors.LastBias, channels, lastBias);
        tensors.PackLearned(learned);
        return new(first, firstBias, middle, middleBias, last, lastBias, learned);
    }

    /// <summary>
    /// Packs the transposed operators: inputs and outputs exchanged, the kernel turned by 180 degrees.
    /// </summary>
    public BranchWeights PackTransposed(BranchTensors tensors, float* memory)
    {
        float* first = memory,
            middle = PackTransposed(tensors.First, hidden, channels, Taps, first),
            last = PackTransposed(tensors.Middle, hidden, hidden, 1, middle);
        PackTransposed(tensors.Last, channels, hidden, Taps, last);
        return new(first, null, middle, null, last, null, null);
    }

    /// <summary>A weight of shape (outputs, inputs, taps).</summary>
    /// <returns>The end of what was written.</returns>
    private static float* Pack(Tensor weight, int outputs, int inputs, int taps, float* to)
    {
        float* from = Floats.Of(weight);
        nint row = (nint)inputs * taps;
        for (int tile = 0; tile < outputs; tile += Tile)
        {
            int present = Math.Min(Tile, outputs - tile);
            float* start = from + tile * row;
            for (nint i = 0; i < row; i++, to += Tile)
            {
                for (int output = 0; output < Tile; output++)
                    to[output] = output < present ? start[output * row + i] : 0;
            }
        }
        return to;
    }

    /// <summary>The same of the transposed operator, whose outputs are the weight's inputs.</summary>
    private static float* PackTransposed(Tensor weight, int outputs, int inputs, int taps, float* to)
    {
        float* from = Floats.Of(weight);
        nint row = (nint)inputs * taps;
        for (int tile = 0; tile < inputs; tile += Tile)
        {
            int present = Math.Min(Tile, inputs - tile);
            for (int output = 0; output < outputs; output++)
            {
                float* start = from + output * row + tile * taps;
                for (int tap = taps - 1; tap >= 0; tap--, to += Tile)
                {
                    for (int input = 0; input < Tile; input++)
                        to[input] = input < present ? start[input * taps + tap] : 0;
                }
            }
        }
        return to;
    }

    private static float* PackBias(Tensor bias, int outputs, float* to)
    {
        int size = InterleavedLayout.RoundUp(outputs);
        new Span<float>(Floats.Of(bias), outputs).CopyTo(new Span<float>(to, size));
        new Span<float>(to + outputs, size - outputs).Clear();
        return to + size;
    }
}
