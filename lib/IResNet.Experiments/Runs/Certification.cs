using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Runs;

/// <summary>
/// What is known for certain about a model's invertibility (Theorem 1): upper bounds of norms that rest on no iteration
/// having converged, for the weights as training normalises them and as <see cref="Flow.Freeze"/> does; beside them
/// what power iteration says, which lies below.
/// </summary>
/// <param name="Layers">All normalised layers, in forward order.</param>
/// <param name="Blocks">All residual blocks, in forward order.</param>
public sealed record Certification(IReadOnlyList<LayerCertificate> Layers, IReadOnlyList<BlockCertificate> Blocks)
{
    /// <summary>Whether every block of the frozen model has Lip(g) below 1.</summary>
    public bool IsInvertible => Blocks.All(block => block.Frozen < 1);

    /// <summary>Whether that holds for the weights as training normalises them, by power iteration.</summary>
    public bool IsInvertibleAsTrained => Blocks.All(block => block.Trained < 1);

    /// <summary>Measures a model. It is left frozen at certified norms.</summary>
    public static Certification Of(Flow flow)
    {
        using var noGrad = no_grad();
        flow.Freeze(FrozenNorm.PowerIteration);
        var blocks = flow.ResidualBlocks;
        var trained = blocks.Select(Measure).ToList();
        var estimates = blocks.Select(block => block.Branch.LipschitzBound(layer => layer.NormEstimate())).ToList();
        var asTrained = blocks.Select(block => block.Branch.Certificate().Bound).ToList();
        flow.Freeze();
        var frozen = blocks.Select(Measure).ToList();
        return new(
            [
                .. blocks.SelectMany(
                    (block, b) =>
                        block.Branch.Layers.Select(
                            (layer, i) =>
                                new LayerCertificate(
                                    b + 1,
                                    i + 1,
                                    layer.Options.Coefficient,
                                    trained[b][i].Estimate,
                                    trained[b][i].Bound,
                                    frozen[b][i].Bound
                                )
                        )
                ),
            ],
            [
                .. blocks.Select(
                    (block, b) =>
                    {
                        var certificate = block.Branch.Certificate();
                        return new BlockCertificate(b + 1, estimates[b], asTrained[b], certificate.Bound)
                        {
                            Order = certificate.Order,
                        };
                    }
                ),
            ]
        );
    }

    private static List<(double Estimate, double Bound)> Measure(ResidualBlock block) =>
        [.. block.Branch.Layers.Select(layer => (layer.NormEstimate(), layer.InducedNormBound()))];
}

/// <summary>A layer's norm between its own orders, by default the spectral norm, estimated and bounded.</summary>
/// <param name="Block">The block, from 1.</param>
/// <param name="Layer">The layer in its branch, from 1.</param>
/// <param name="Coefficient">c, to which it is held.</param>
/// <param name="Estimate">What power iteration says of the weights as training normalises them: from below, see
/// <see cref="SpectralLayer.NormEstimate"/>.</param>
/// <param name="Trained">
/// An upper bound for the same weights. Above c by as much as the power iteration had not converged, or as the bound is
/// loose.
/// </param>
/// <param name="Frozen">An upper bound for the weights of the frozen model.</param>
public sealed record LayerCertificate(
    int Block,
    int Layer,
    double Coefficient,
    double Estimate,
    double Trained,
    double Frozen
);

/// <summary>A block's Lip(g), estimated and bounded: for a chain the products over its layers.</summary>
/// <param name="Block">The block, from 1.</param>
/// <param name="Estimate">From the power iteration's estimates, for the weights as training normalises them. Certifies
/// nothing.</param>
/// <param name="Trained">An upper bound for the same weights, <see cref="ResidualBranch.LipschitzBound()"/>.</param>
/// <param name="Frozen">An upper bound for the weights of the frozen model.</param>
public sealed record BlockCertificate(int Block, double Estimate, double Trained, double Frozen)
{
    /// <summary>The order of the norm in which the frozen block is bounded.</summary>
    public double Order { get; init; } = 2;

    /// <summary>An upper bound of the frozen block's Lipschitz constant, 1 + Lip(g) (Lemma 2).</summary>
    public double Forward => 1 + Frozen;

    /// <summary>
    /// An upper bound of the frozen inverse's Lipschitz constant, 1 / (1 - Lip(g)) (Lemma 2), and so of the distance to
    /// the exact inverse as a multiple of the residual |x + g(x) - y|. Infinite where Lip(g) is not certain to be below
    /// 1.
    /// </summary>
    public double Inverse => Frozen < 1 ? 1 / (1 - Frozen) : double.PositiveInfinity;
}
