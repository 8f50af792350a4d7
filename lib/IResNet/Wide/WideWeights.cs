using IResNet.Lanes;

namespace IResNet.Wide;

/// <summary>The three weights of a branch as panels, in one piece of memory.</summary>
internal sealed unsafe class WideWeights : BlockWeights
{
    private readonly LaneMemory _memory;

    private WideWeights(LaneMemory memory, LaneBranch.Weights pointers) => (_memory, Pointers) = (memory, pointers);

    /// <summary>Packs the operators and their biases.</summary>
    public static WideWeights Pack(
        IReadOnlyList<Tensor> weights,
        IReadOnlyList<Tensor> biases,
        int channels,
        int hidden
    )
    {
        using var scope = NewDisposeScope();
        int taps = channels * WidePatches.Taps,
            wide = WidePanels.RoundUp(hidden);
        nint first = WidePanels.Size(taps, hidden),
            middle = WidePanels.Size(hidden, hidden),
            last = WidePanels.Size(hidden, taps);
        var memory = LaneMemory.Rent(first + middle + last + 2 * wide + channels);
        float* at = memory.Pointer,
            bias = at + first + middle + last;
        WidePanels.PackTransposed(LaneThreads.Data(weights[0].contiguous()), taps, hidden, at);
        WidePanels.PackTransposed(LaneThreads.Data(weights[1].contiguous()), hidden, hidden, at + first);
        WidePanels.PackTaps(LaneThreads.Data(weights[2].contiguous()), channels, hidden, at + first + middle);
        new Span<float>(bias, 2 * wide).Clear();
        Copy(biases[0], bias);
        Copy(biases[1], bias + wide);
        Copy(biases[2], bias + 2 * wide);
        return new(memory, new(at, bias, at + first, bias + wide, at + first + middle, bias + 2 * wide));
    }

    /// <summary>Packs the transposed operators.</summary>
    public static WideWeights PackTransposed(IReadOnlyList<Tensor> weights, int channels, int hidden)
    {
        using var scope = NewDisposeScope();
        int taps = channels * WidePatches.Taps;
        nint first = WidePanels.Size(hidden, taps),
            middle = WidePanels.Size(hidden, hidden),
            last = WidePanels.Size(taps, hidden);
        var memory = LaneMemory.Rent(first + middle + last);
        float* at = memory.Pointer;
        WidePanels.Pack(LaneThreads.Data(weights[0].contiguous()), hidden, taps, at);
        WidePanels.Pack(LaneThreads.Data(weights[1].contiguous()), hidden, hidden, at + first);
        WidePanels.PackTapsTransposed(LaneThreads.Data(weights[2].contiguous()), channels, hidden, at + first + middle);
        return new(memory, new(at, null, at + first, null, at + first + middle, null));
    }

    /// <inheritdoc/>
    public override void Dispose() => _memory.Dispose();

    private static void Copy(Tensor bias, float* to)
    {
        var values = bias.contiguous();
        new Span<float>(LaneThreads.Data(values), (int)values.numel()).CopyTo(new Span<float>(to, (int)values.numel()));
    }
}
