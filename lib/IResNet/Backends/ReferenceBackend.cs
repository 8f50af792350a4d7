namespace IResNet;

/// <summary>
/// The mathematics as it stands in this library, composed of torch's operations: for every branch, estimator, solver,
/// type and device. It refuses nothing.
/// </summary>
internal sealed class ReferenceBackend : Backend
{
    /// <inheritdoc/>
    public override string Name => "reference";

    /// <inheritdoc/>
    public override string Description => "reference: torch's operations";

    /// <inheritdoc/>
    public override Answer<(Tensor y, Tensor logDet)> Step(
        ResidualBranch branch,
        LogDetEstimator estimator,
        Tensor x
    ) =>
        Answer<(Tensor, Tensor)>.Serve(() =>
        {
            var g = branch.Linearize(x);
            return (x + g.Value, estimator.Estimate(g));
        });

    /// <inheritdoc/>
    public override Answer<Linearization> Linearize(ResidualBranch branch, Tensor x) =>
        Answer<Linearization>.Serve(() =>
            branch is SequentialBranch chain ? chain.Linearize(x, chain.EffectiveWeights()) : branch.Linearize(x)
        );

    /// <inheritdoc/>
    public override Answer<IReadOnlyList<Tensor>> Normalize(IReadOnlyList<SpectralLayer> layers) =>
        Answer<IReadOnlyList<Tensor>>.Serve(() =>
            [
                .. layers.Select(layer =>
                {
                    if (layer.Options.Update == NormUpdate.BeforeStep)
                        layer.Advance();
                    return layer.EffectiveWeight();
                }),
            ]
        );

    /// <inheritdoc/>
    public override Answer<InverseResult> Invert(ResidualBranch branch, InverseSolver solver, Tensor y) =>
        Answer<InverseResult>.Serve(() => solver.Solve(branch.AtPresentWeights(), branch.LipschitzBound(), y));

    /// <inheritdoc/>
    public override Answer<Tensor> Affine(Tensor x, Tensor logScale, Tensor shift) =>
        Answer<Tensor>.Serve(() =>
        {
            long[] perChannel = [1, -1, .. Enumerable.Repeat(1L, (int)x.dim() - 2)];
            return logScale.view(perChannel).exp() * x + shift.view(perChannel);
        });
}
