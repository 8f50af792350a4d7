namespace IResNet.Lanes;

/// <summary>A step with sixteen examples side by side in the lanes of a register.</summary>
internal sealed unsafe class LaneStep(long[] shape, long hidden, bool leadingActivation)
    : BlockStep(shape, hidden, LaneGeometry.Lanes)
{
    private readonly LaneBranch _branch = new(
        (int)shape[1],
        (int)hidden,
        LaneGeometry.Of((int)shape[2], (int)shape[3]),
        leadingActivation
    );

    /// <inheritdoc/>
    public override nint WorkSize => _branch.WorkSize;

    /// <inheritdoc/>
    public override nint SavedSize(bool series) => _branch.SavedSize(series);

    /// <inheritdoc/>
    public override BlockWeights Pack(IReadOnlyList<Tensor> weights, IReadOnlyList<Tensor> biases) =>
        new LanePlan.Packed(
            LaneWeights.Pack(weights[0]),
            biases[0],
            LaneWeights.Pack(weights[1]),
            biases[1],
            LaneWeights.Pack(weights[2]),
            biases[2]
        );

    /// <inheritdoc/>
    public override BlockWeights PackTransposed(IReadOnlyList<Tensor> weights) =>
        new LanePlan.Packed(
            LaneWeights.PackTransposed(weights[0]),
            null,
            LaneWeights.PackTransposed(weights[1]),
            null,
            LaneWeights.PackTransposed(weights[2]),
            null
        );

    /// <inheritdoc/>
    public override void Forward(
        in LaneBranch.Weights w,
        float* x,
        int examples,
        float* y,
        float* saved,
        float* work
    ) => _branch.Forward(w, x, examples, y, _branch.MapsOfStep(saved, work), work);

    /// <inheritdoc/>
    public override void Series(
        in LaneBranch.Weights w,
        int terms,
        float* probe,
        int examples,
        float* logDet,
        float* saved,
        float* work
    ) => _branch.Series(w, terms, probe, examples, logDet, _branch.MapsOfStep(saved, work), work);

    /// <inheritdoc/>
    public override void Backward(
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
    ) =>
        _branch.Backward(
            w,
            transposed,
            x,
            probe,
            y,
            logDet,
            examples,
            _branch.MapsOfStep(saved, work),
            work,
            result,
            gradient
        );
}
