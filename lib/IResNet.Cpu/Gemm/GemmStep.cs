namespace IResNet.Cpu;

/// <summary>When a step goes by matrix products: batches of few examples with many hidden channels.</summary>
internal static class GemmStep
{
    // A single group of interleaved examples keeps a single thread busy, and what is missing of it is computed all the
    // same. Its time over that of matrix products, a density's step of three blocks, two threads, 16 examples on
    // AVX-512 / 8 on AVX2: 1.2 / 1.2 at 64 channels, 1.5 / 2 at 128, 2 / 2.8 at 256. With more groups it is 0.8 to 1.4,
    // in two thirds of the memory.
    private const int LeastHidden = 64;

    /// <summary>Whether this is the better way.</summary>
    public static bool IsBetter<TVector>(long examples, long hidden)
        where TVector : unmanaged, IVector<TVector> => examples <= TVector.Lanes && hidden >= LeastHidden;
}

/// <summary>A step by matrix products.</summary>
internal sealed unsafe class GemmStep<TVector, TActivation> : BlockStep
    where TVector : unmanaged, IVector<TVector>
    where TActivation : unmanaged, IVectorActivation<TVector, TActivation>
{
    private readonly GemmWeights<TVector> _weights;
    private readonly GemmBranch<TVector, TActivation> _branch;

    /// <summary>For a branch of some channels on a batch of a shape (n, channels, height, width).</summary>
    public GemmStep(CpuResources resources, long[] shape, long hidden, bool leadingActivation)
        : base(
            shape,
            hidden,
            Learned<TVector, TActivation>(leadingActivation),
            GemmBranch<TVector, TActivation>.Images
        )
    {
        _weights = new(resources.Workers, (int)shape[1], (int)hidden);
        _branch = new((int)shape[1], (int)hidden, (int)shape[2], (int)shape[3], leadingActivation);
    }

    /// <inheritdoc/>
    public override nint WorkSize => _branch.WorkSize;

    /// <inheritdoc/>
    public override nint WeightsSize => _weights.Size;

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
    public override void Series(in BranchWeights w, WeightedSeries series, in GroupData data, float* logDet) =>
        _branch.Series(w, series, data, logDet);

    /// <inheritdoc/>
    public override void Backward(
        in BranchWeights w,
        in BranchWeights transposed,
        in GroupData data,
        in GroupCotangents cotangents
    ) => _branch.Backward(w, transposed, data, cotangents);
}
