namespace IResNet.Cpu;

/// <summary>The three weights of a branch as panels, in one piece of memory.</summary>
/// <param name="workers">Threads to pack with.</param>
/// <param name="channels">Channels of the data.</param>
/// <param name="hidden">Channels of the inner maps.</param>
internal sealed unsafe class GemmWeights<TVector>(Workers workers, int channels, int hidden)
    where TVector : unmanaged, IVector<TVector>
{
    private readonly Panels<TVector> _panels = new(workers);

    private int Taps => channels * Im2Col.Taps;

    private int HiddenColumns => Panels<TVector>.RoundUp(hidden);

    /// <summary>Floats that both packings have room in.</summary>
    public nint Size =>
        MemoryBlock.WholeLines(
            Panels<TVector>.Size(Taps, hidden)
                + Panels<TVector>.Size(hidden, hidden)
                + Panels<TVector>.Size(hidden, Taps)
                + 2 * HiddenColumns
                + channels
                + BranchTensors.Places
        );

    /// <summary>Packs the operators, their biases and the activations' parameters.</summary>
    public BranchWeights Pack(BranchTensors tensors, float* memory)
    {
        float* first = memory,
            middle = first + Panels<TVector>.Size(Taps, hidden),
            last = middle + Panels<TVector>.Size(hidden, hidden),
            bias = last + Panels<TVector>.Size(hidden, Taps);
        _panels.PackTransposed(Floats.Of(tensors.First), Taps, hidden, first);
        _panels.PackTransposed(Floats.Of(tensors.Middle), hidden, hidden, middle);
        _panels.PackTaps(Floats.Of(tensors.Last), channels, hidden, last);
        new Span<float>(bias, 2 * HiddenColumns).Clear();
        Copy(tensors.FirstBias, bias);
        Copy(tensors.MiddleBias, bias + HiddenColumns);
        Copy(tensors.LastBias, bias + 2 * HiddenColumns);
        float* learned = bias + 2 * HiddenColumns + channels;
        tensors.PackLearned(learned);
        return new(first, bias, middle, bias + HiddenColumns, last, bias + 2 * HiddenColumns, learned);
    }

    /// <summary>Packs the transposed operators.</summary>
    public BranchWeights PackTransposed(BranchTensors tensors, float* memory)
    {
        float* first = memory,
            middle = first + Panels<TVector>.Size(hidden, Taps),
            last = middle + Panels<TVector>.Size(hidden, hidden);
        _panels.Pack(Floats.Of(tensors.First), hidden, Taps, first);
        _panels.Pack(Floats.Of(tensors.Middle), hidden, hidden, middle);
        _panels.PackTapsTransposed(Floats.Of(tensors.Last), channels, hidden, last);
        return new(first, null, middle, null, last, null, null);
    }

    private static void Copy(Tensor bias, float* to)
    {
        int length = (int)bias.numel();
        new Span<float>(Floats.Of(bias), length).CopyTo(new Span<float>(to, length));
    }
}
