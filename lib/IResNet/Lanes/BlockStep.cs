using IResNet.Wide;

namespace IResNet.Lanes;

/// <summary>
/// A training step's pass through a branch on a batch that is cut into groups of examples, so that groups can go to
/// different threads. Maps are raw memory: what the backward pass needs is saved a group each, everything else is
/// scratch memory of a thread.
/// </summary>
internal abstract unsafe class BlockStep
{
    private readonly int _examplesAGroup;

    private protected BlockStep(long[] shape, long hidden, int examplesAGroup)
    {
        (Examples, _examplesAGroup) = ((int)shape[0], examplesAGroup);
        Groups = (Examples + examplesAGroup - 1) / examplesAGroup;
        GroupSize = (nint)(examplesAGroup * shape[1] * shape[2] * shape[3]);
        GradientSize = (int)(2 * 9 * shape[1] * hidden + hidden * hidden + 2 * hidden + shape[1]);
    }

    /// <summary>n.</summary>
    public int Examples { get; }

    /// <summary>Groups in the batch.</summary>
    public int Groups { get; }

    /// <summary>Floats of a full group in torch's layout.</summary>
    public nint GroupSize { get; }

    /// <summary>Floats of the six gradients: weight and bias of each layer in turn.</summary>
    public int GradientSize { get; }

    /// <summary>Floats of scratch memory a thread.</summary>
    public abstract nint WorkSize { get; }

    /// <summary>
    /// For a batch of a shape (n, channels, height, width): lanes of sixteen examples, or matrix products where these
    /// would stay empty.
    /// </summary>
    public static BlockStep Of(long[] shape, long hidden, bool leadingActivation) =>
        WideStep.Supports(shape[0], hidden)
            ? new WideStep(shape, hidden, leadingActivation)
            : new LaneStep(shape, hidden, leadingActivation);

    /// <summary>Examples of all groups before this one.</summary>
    public int FirstOf(int group) => group * _examplesAGroup;

    /// <summary>The same for all groups but the last.</summary>
    public int ExamplesIn(int group) => Math.Min(_examplesAGroup, Examples - FirstOf(group));

    /// <summary>Runs the work for every group.</summary>
    public void ForEachGroup(LaneThreads.Work work) => LaneThreads.Run(Groups, WorkSize, work);

    /// <summary>Floats that <see cref="Backward"/> needs from the forward pass, a group.</summary>
    public abstract nint SavedSize(bool series);

    /// <summary>The three weights as the passes read them.</summary>
    public abstract BlockWeights Pack(IReadOnlyList<Tensor> weights, IReadOnlyList<Tensor> biases);

    /// <summary>The transposed operators.</summary>
    public abstract BlockWeights PackTransposed(IReadOnlyList<Tensor> weights);

    /// <summary>y = x + g(x).</summary>
    public abstract void Forward(in LaneBranch.Weights w, float* x, int examples, float* y, float* saved, float* work);

    /// <summary>
    /// The estimate of <see cref="NeumannSeries"/>, a value an example, right behind <see cref="Forward"/> and with the
    /// same memory.
    /// </summary>
    public abstract void Series(
        in LaneBranch.Weights w,
        int terms,
        float* probe,
        int examples,
        float* logDet,
        float* saved,
        float* work
    );

    /// <summary>
    /// Cotangents of x and of the weights, see <see cref="LaneBranch.Backward"/>. May overwrite what was saved.
    /// </summary>
    public abstract void Backward(
        in LaneBranch.Weights w,
        in LaneBranch.Weights transposed,
        float* x,
        float* probe,
        float* y,
        float* logDet,
        int examples,
        float* saved,
        float* work,
        float* result,
        float* gradient
    );
}

/// <summary>Packed weights and biases.</summary>
internal abstract class BlockWeights : IDisposable
{
    /// <summary>Valid until disposal.</summary>
    public LaneBranch.Weights Pointers { get; private protected init; }

    /// <inheritdoc/>
    public abstract void Dispose();
}
