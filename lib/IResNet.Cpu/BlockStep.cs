namespace IResNet.Cpu;

/// <summary>
/// The passes through a convolutional block, group by group. Maps are raw memory: what the backward pass needs is saved
/// for each group, everything else is scratch memory of a thread.
/// </summary>
internal abstract unsafe class BlockStep
{
    /// <summary>For a branch of some channels on a batch of a shape (n, channels, height, width).</summary>
    private protected BlockStep(long[] shape, long hidden, int examplesPerGroup)
    {
        Groups = ExampleGroups.Of(shape, examplesPerGroup);
        GradientSize = (int)(2 * 9 * shape[1] * hidden + hidden * hidden + 2 * hidden + shape[1]);
    }

    /// <summary>How the batch is cut.</summary>
    public ExampleGroups Groups { get; }

    /// <summary>Floats of the six gradients: weight and bias of each layer in turn.</summary>
    public int GradientSize { get; }

    /// <summary>Floats of scratch memory for each thread.</summary>
    public abstract nint WorkSize { get; }

    /// <summary>Floats of packed weights and biases.</summary>
    public abstract nint WeightsSize { get; }

    /// <summary>
    /// For a batch of a shape (n, channels, height, width): as many examples side by side as a vector has lanes, or
    /// matrix products where most of these would be missing.
    /// </summary>
    public static BlockStep Of<TVector>(CpuResources resources, long[] shape, long hidden, bool leadingActivation)
        where TVector : unmanaged, IVector<TVector> =>
        GemmStep<TVector>.IsBetter(shape[0], hidden)
            ? new GemmStep<TVector>(resources, shape, hidden, leadingActivation)
            : new InterleavedStep<TVector>(resources, shape, hidden, leadingActivation);

    /// <summary>Floats that <see cref="Backward"/> needs of each group's forward pass.</summary>
    public abstract nint SavedSize(bool series);

    /// <summary>Packs three weights and their biases.</summary>
    public abstract BranchWeights Pack(BranchTensors tensors, float* memory);

    /// <summary>Packs the transposed operators.</summary>
    public abstract BranchWeights PackTransposed(BranchTensors tensors, float* memory);

    /// <summary>y = x + g(x).</summary>
    public abstract void Forward(in BranchWeights w, in GroupData data, float* y);

    /// <summary>
    /// The estimate of <see cref="NeumannSeries"/>, a value for each example, right behind <see cref="Forward"/> and
    /// with
    /// the same memory.
    /// </summary>
    public abstract void Series(in BranchWeights w, int terms, in GroupData data, float* logDet);

    /// <summary>Gradients. May overwrite what was saved.</summary>
    public abstract void Backward(
        in BranchWeights w,
        in BranchWeights transposed,
        in GroupData data,
        in GroupCotangents cotangents
    );
}

/// <summary>One group of examples in a pass.</summary>
/// <param name="examples">How many there are.</param>
/// <param name="x">The first one, in torch's layout.</param>
/// <param name="probe">The first one's probe, likewise.</param>
/// <param name="saved">What the backward pass needs.</param>
/// <param name="work">Scratch memory.</param>
internal readonly unsafe struct GroupData(int examples, float* x, float* probe, float* saved, float* work)
{
    public readonly int Examples = examples;
    public readonly float* X = x,
        Probe = probe,
        Saved = saved,
        Work = work;
}

/// <summary>What comes into a group's backward pass, and what goes out.</summary>
/// <param name="y">Cotangent of y, in torch's layout.</param>
/// <param name="logDet">Cotangent of the estimate, one for each example; null if none is asked for.</param>
/// <param name="x">Receives the cotangent of x, in torch's layout.</param>
/// <param name="parameters">Receives the six gradients.</param>
internal readonly unsafe struct GroupCotangents(float* y, float* logDet, float* x, float* parameters)
{
    public readonly float* Y = y,
        LogDet = logDet,
        X = x,
        Parameters = parameters;
}

/// <summary>The weights and biases of the three layers.</summary>
/// <param name="First">Shape (hidden, channels, 3, 3).</param>
/// <param name="FirstBias">Shape (hidden).</param>
/// <param name="Middle">Shape (hidden, hidden, 1, 1).</param>
/// <param name="MiddleBias">Shape (hidden).</param>
/// <param name="Last">Shape (channels, hidden, 3, 3).</param>
/// <param name="LastBias">Shape (channels).</param>
internal sealed record BranchTensors(
    Tensor First,
    Tensor FirstBias,
    Tensor Middle,
    Tensor MiddleBias,
    Tensor Last,
    Tensor LastBias
)
{
    /// <summary>Of weights and biases in turn, made contiguous.</summary>
    public static BranchTensors Of(IReadOnlyList<Tensor> parameters) =>
        new(
            parameters[0].contiguous(),
            parameters[1].contiguous(),
            parameters[2].contiguous(),
            parameters[3].contiguous(),
            parameters[4].contiguous(),
            parameters[5].contiguous()
        );

    /// <summary>The effective weights and biases of a branch.</summary>
    public static BranchTensors Of(ResidualBranch branch) => Of(ParametersOf(branch));

    /// <summary>Effective weights and biases in turn.</summary>
    public static Tensor[] ParametersOf(ResidualBranch branch) =>
        [.. branch.Layers.SelectMany(layer => new[] { layer.EffectiveWeight(), layer.Bias })];
}

/// <summary>Packed weights and biases of the three layers; biases are null where they are not needed.</summary>
internal readonly unsafe struct BranchWeights(
    float* first,
    float* firstBias,
    float* middle,
    float* middleBias,
    float* last,
    float* lastBias
)
{
    public readonly float* First = first,
        FirstBias = firstBias,
        Middle = middle,
        MiddleBias = middleBias,
        Last = last,
        LastBias = lastBias;
}

/// <summary>Where each of the six gradients lies behind the others.</summary>
internal readonly unsafe struct BranchGradients(float* start, int channels, int hidden)
{
    public readonly float* First = start,
        FirstBias = start + 9 * channels * hidden;
    public readonly float* Middle = start + 9 * channels * hidden + hidden;
    public readonly float* MiddleBias = start + 9 * channels * hidden + hidden + hidden * hidden;
    public readonly float* Last = start + 9 * channels * hidden + 2 * hidden + hidden * hidden;
    public readonly float* LastBias = start + 2 * 9 * channels * hidden + 2 * hidden + hidden * hidden;
}
