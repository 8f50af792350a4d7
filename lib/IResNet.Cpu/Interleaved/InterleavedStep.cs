namespace IResNet.Cpu;

/// <summary>A step with as many examples side by side as a register has lanes.</summary>
internal sealed unsafe class InterleavedStep<TVector, TActivation>(
    CpuResources resources,
    long[] shape,
    long hidden,
    bool leadingActivation
) : BlockStep(shape, hidden, Learned<TVector, TActivation>(leadingActivation), TVector.Lanes)
    where TVector : unmanaged, IVector<TVector>
    where TActivation : unmanaged, IVectorActivation<TVector, TActivation>
{
    private readonly InterleavedBranch<TVector, TActivation> _branch = new(resources, shape, hidden, leadingActivation);
    private readonly InterleavedWeights _weights = new((int)shape[1], (int)hidden);

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
    public override void Forward(in BranchWeights w, in GroupData data, float* y) =>
        _branch.Forward(w, data, _branch.MapsOfStep(data), y);

    /// <inheritdoc/>
    public override void Series(in BranchWeights w, WeightedSeries series, in GroupData data, float* logDet) =>
        _branch.Series(w, series, data, _branch.MapsOfStep(data), logDet);

    /// <inheritdoc/>
    public override void Backward(
        in BranchWeights w,
        in BranchWeights transposed,
        in GroupData data,
        in GroupCotangents cotangents
    ) => _branch.Backward(w, transposed, data, _branch.MapsOfStep(data, backward: true), cotangents);
}
