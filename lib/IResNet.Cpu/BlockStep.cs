namespace IResNet.Cpu;

/// <summary>
/// The passes through a convolutional block, group by group. Maps are raw memory: what the backward pass needs is saved
/// for each group, everything else is scratch memory of a thread.
/// </summary>
internal abstract unsafe class BlockStep
{
    /// <summary>
    /// For a branch of some channels, with so many learned activations, on a batch of a shape (n, channels, height,
    /// width).
    /// </summary>
    private protected BlockStep(long[] shape, long hidden, int learned, int examplesPerGroup)
    {
        Groups = ExampleGroups.Of(shape, examplesPerGroup);
        GradientSize = (int)(2 * 9 * shape[1] * hidden + hidden * hidden + 2 * hidden + shape[1]) + learned;
    }

    /// <summary>How the batch is cut.</summary>
    public ExampleGroups Groups { get; }

    /// <summary>Floats of the gradients: weight and bias of each layer in turn, then those of learned
    /// activations.</summary>
    public int GradientSize { get; }

    /// <summary>Floats of scratch memory for each thread.</summary>
    public abstract nint WorkSize { get; }

    /// <summary>Floats of packed weights and biases.</summary>
    public abstract nint WeightsSize { get; }

    /// <summary>
    /// For a batch of a shape (n, channels, height, width): as many examples side by side as a vector has lanes, or
    /// matrix products where these are better.
    /// </summary>
    public static BlockStep Of<TVector, TActivation>(
        CpuResources resources,
        long[] shape,
        long hidden,
        bool leadingActivation
    )
        where TVector : unmanaged, IVector<TVector>
        where TActivation : unmanaged, IVectorActivation<TVector, TActivation> =>
        GemmStep.IsBetter<TVector>(shape[0], hidden)
            ? new GemmStep<TVector, TActivation>(resources, shape, hidden, leadingActivation)
            : new InterleavedStep<TVector, TActivation>(resources, shape, hidden, leadingActivation);

    /// <summary>Activations whose parameters are learned.</summary>
    public static int Learned<TVector, TActivation>(bool leadingActivation)
        where TVector : unmanaged, IVector<TVector>
        where TActivation : unmanaged, IVectorActivation<TVector, TActivation> =>
        !TActivation.IsLearned ? 0
        : leadingActivation ? 3
        : 2;

    /// <summary>Floats that <see cref="Backward"/> needs of each group's forward pass.</summary>
    public abstract nint SavedSize(bool series);

    /// <summary>Packs three weights and their biases.</summary>
    public abstract BranchWeights Pack(BranchTensors tensors, float* memory);

    /// <summary>Packs the transposed operators.</summary>
    public abstract BranchWeights PackTransposed(BranchTensors tensors, float* memory);

    /// <summary>y = x + g(x).</summary>
    public abstract void Forward(in BranchWeights w, in GroupData data, float* y);

    /// <summary>
    /// The estimate of <see cref="WeightedSeries"/>, a value for each example, right behind <see cref="Forward"/> and
    /// with the same memory.
    /// </summary>
    public abstract void Series(in BranchWeights w, WeightedSeries series, in GroupData data, float* logDet);

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
/// <param name="parameters">Receives the gradients of weights, biases and learned activations.</param>
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
/// <param name="Learned">The parameters of learned activations, shape (1) each, in the order of application.</param>
internal sealed record BranchTensors(
    Tensor First,
    Tensor FirstBias,
    Tensor Middle,
    Tensor MiddleBias,
    Tensor Last,
    Tensor LastBias,
    IReadOnlyList<Tensor> Learned
)
{
    /// <summary>Of weights and biases in turn, made contiguous, and the activations' parameters.</summary>
    public static BranchTensors Of(IReadOnlyList<Tensor> parameters) =>
        new(
            parameters[0].contiguous(),
            parameters[1].contiguous(),
            parameters[2].contiguous(),
            parameters[3].contiguous(),
            parameters[4].contiguous(),
            parameters[5].contiguous(),
            [.. parameters.Skip(6)]
        );

    /// <summary>The effective weights and biases of a branch.</summary>
    public static BranchTensors Of(SequentialBranch branch) => Of(ParametersOf(branch));

    /// <summary>Effective weights and biases in turn, then the activations' parameters.</summary>
    public static Tensor[] ParametersOf(SequentialBranch branch) =>
        [
            .. branch.Layers.SelectMany(layer => new[] { layer.EffectiveWeight(), layer.Bias }),
            .. branch.Activations.SelectMany(activation => activation.parameters()),
        ];

    /// <summary>
    /// Writes the activations' parameters, a number for each of the places before, behind the first and behind the
    /// middle layer: 0 where there is nothing to learn.
    /// </summary>
    public unsafe void PackLearned(float* to)
    {
        new Span<float>(to, Places).Clear();
        for (int i = 0; i < Learned.Count; i++)
            to[Places - Learned.Count + i] = *Floats.Of(Learned[i]);
    }

    /// <summary>Places at which there can be an activation.</summary>
    public const int Places = 3;
}

/// <summary>
/// Packed weights and biases of the three layers and parameters of the activations; null where they are not needed.
/// </summary>
internal readonly unsafe struct BranchWeights(
    float* first,
    float* firstBias,
    float* middle,
    float* middleBias,
    float* last,
    float* lastBias,
    float* learned
)
{
    public readonly float* First = first,
        FirstBias = firstBias,
        Middle = middle,
        MiddleBias = middleBias,
        Last = last,
        LastBias = lastBias,
        Learned = learned;
}

/// <summary>Where each of the gradients lies behind the others.</summary>
internal readonly unsafe struct BranchGradients(float* start, int channels, int hidden, int learned)
{
    public readonly float* First = start,
        FirstBias = start + 9 * channels * hidden;
    public readonly float* Middle = start + 9 * channels * hidden + hidden;
    public readonly float* MiddleBias = start + 9 * channels * hidden + hidden + hidden * hidden;
    public readonly float* Last = start + 9 * channels * hidden + 2 * hidden + hidden * hidden;
    public readonly float* LastBias = start + 2 * 9 * channels * hidden + 2 * hidden + hidden * hidden;

    /// <summary>Of the activations' parameters, by place; the first one is missing where there are two.</summary>
    public readonly float* Learned =
        start + 2 * 9 * channels * hidden + 2 * hidden + hidden * hidden + channels - (BranchTensors.Places - learned);
}
