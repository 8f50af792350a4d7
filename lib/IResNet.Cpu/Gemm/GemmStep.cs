namespace IResNet.Cpu;

/// <summary>A step by matrix products: small batches of many hidden channels.</summary>
internal sealed unsafe class GemmStep<TVector> : BlockStep
    where TVector : unmanaged, IVector<TVector>
{
    // With more examples, the lanes of interleaved examples are at least half full; with fewer channels, so would
    // registers be here.
    private const int LeastHidden = 64;

    private static int MostExamples => TVector.Lanes / 2 - 1;

    private readonly GemmWeights<TVector> _weights;
    private readonly GemmBranch<TVector> _branch;

    /// <summary>For a branch of some channels on a batch of a shape (n, channels, height, width).</summary>
    public GemmStep(CpuResources resources, long[] shape, long hidden, bool leadingActivation)
        : base(shape, hidden, GemmBranch<TVector>.Images)
    {
        _weights = new(resources.Workers, (int)shape[1], (int)hidden);
        _branch = new((int)shape[1], (int)hidden, (int)shape[2], (int)shape[3], leadingActivation);
    }

    /// <inheritdoc/>
    public override nint WorkSize => _branch.WorkSize;

    /// <inheritdoc/>
    public override nint WeightsSize => _weights.Size;

    /// <summary>Whether this is the better way.</summary>
    public static bool IsBetter(long examples, long hidden) => examples <= MostExamples && hidden >= LeastHidden;

    /// <inheritdoc/>
    public override nint SavedSize(bool series) => _branch.SavedSize(series);

    /// <inheritdoc/>
    public override BranchWeights Pack(BranchTensors tensors, float* memory) => _weights.Pack(tensors, memory);

    /// <inheritdoc/>
    public override BranchWeights PackTransposed(BranchTensors tensors, float* memory) =>
        _weights.PackTransposed(tensors, memory);

    /// <inheritdoc/>
    public override void Forward(in BranchWeights w, in GroupData data, float* y) => _branch.Forward(w, data, y);

    /// <inheritdoc/>
    public override void Series(in BranchWeights w, int terms, in GroupData data, float* logDet) =>
        _branch.Series(w, terms, data, logDet);

    /// <inheritdoc/>
    public override void Backward(
        in BranchWeights w,
        in BranchWeights transposed,
        in GroupData data,
        in GroupCotangents cotangents
    ) => _branch.Backward(transposed, data, cotangents);
}
