using IResNet.Lanes;

namespace IResNet.Wide;

/// <summary>A step by matrix products: small batches of many hidden channels.</summary>
internal sealed unsafe class WideStep(long[] shape, long hidden, bool leadingActivation)
    : BlockStep(shape, hidden, WideBranch.Images)
{
    // With more examples, lanes are at least half full; with fewer channels, so would registers be here.
    private const int MostExamples = LaneGeometry.Lanes / 2 - 1,
        LeastHidden = 64;

    private readonly int _channels = (int)shape[1],
        _hidden = (int)hidden;
    private readonly WideBranch _branch = new(
        (int)shape[1],
        (int)hidden,
        (int)shape[2],
        (int)shape[3],
        leadingActivation
    );

    /// <inheritdoc/>
    public override nint WorkSize => _branch.WorkSize;

    /// <summary>Whether this is the better way.</summary>
    public static bool Supports(long examples, long hidden) => examples <= MostExamples && hidden >= LeastHidden;

    /// <inheritdoc/>
    public override nint SavedSize(bool series) => _branch.SavedSize(series);

    /// <inheritdoc/>
    public override BlockWeights Pack(IReadOnlyList<Tensor> weights, IReadOnlyList<Tensor> biases) =>
        WideWeights.Pack(weights, biases, _channels, _hidden);

    /// <inheritdoc/>
    public override BlockWeights PackTransposed(IReadOnlyList<Tensor> weights) =>
        WideWeights.PackTransposed(weights, _channels, _hidden);

    /// <inheritdoc/>
    public override void Forward(
        in LaneBranch.Weights w,
        float* x,
        int examples,
        float* y,
        float* saved,
        float* work
    ) => _branch.Forward(w, x, examples, y, saved, work);

    /// <inheritdoc/>
    public override void Series(
        in LaneBranch.Weights w,
        int terms,
        float* probe,
        int examples,
        float* logDet,
        float* saved,
        float* work
    ) => _branch.Series(w, terms, probe, examples, logDet, saved, work);

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
    ) => _branch.Backward(transposed, x, probe, y, logDet, examples, saved, work, result, gradient);
}
