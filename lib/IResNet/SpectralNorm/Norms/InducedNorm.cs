namespace IResNet;

/// <summary>
/// The norm to which a layer is held: |W| = sup |W x|_q / |x|_p from one order to another. It says how a step of its
/// iteration goes, what the weight is divided by, and what is certain about it. Derive from it for a norm of your own
/// and hand it to a layer; one that configurations are to reach stands in the list below.
/// </summary>
public abstract class InducedNorm
{
    /// <summary>Which norm serves which orders: the first that takes them does.</summary>
    private static readonly Func<NormOrder, NormOrder, NormUpdate, InducedNorm?>[] Known =
    [
        EuclideanNorm.For,
        ClosedFormNorm.For,
        IteratedNorm.For,
    ];

    /// <summary>p, the order in which inputs are measured.</summary>
    public abstract NormOrder Domain { get; }

    /// <summary>q, the order in which outputs are measured.</summary>
    public abstract NormOrder Codomain { get; }

    /// <summary>Whether there is anything to iterate.</summary>
    public virtual bool IsIterated => true;

    /// <summary>The norm from one order to another.</summary>
    /// <param name="domain">p.</param>
    /// <param name="codomain">q.</param>
    /// <param name="update">When the layer's norm is to be brought up to its weight.</param>
    public static InducedNorm Between(NormOrder domain, NormOrder codomain, NormUpdate update) =>
        Known.Select(kind => kind(domain, codomain, update)).OfType<InducedNorm>().First();

    /// <summary>One iteration on the layer's raw weight: writes its u, v and sigma. Gradients are off.</summary>
    public abstract void Iterate(SpectralLayer layer);

    /// <summary>
    /// As many iterations from where u and v stand, and whatever else finds a norm that is not yet known at all.
    /// </summary>
    public virtual void Search(SpectralLayer layer, int iterations) => layer.PowerIteration(iterations);

    /// <summary>The weight held to norm c, differentiable in the weight, not in u and v.</summary>
    /// <param name="layer">Whose weight it is.</param>
    /// <param name="weight">The raw weight.</param>
    /// <param name="u">Output vector of the iteration; constant.</param>
    /// <param name="v">Input vector of the iteration; constant.</param>
    public abstract Tensor Normalized(SpectralLayer layer, Tensor weight, Tensor u, Tensor v);

    /// <summary>
    /// The norm of a weight as the layer's vectors have it; from below where it is iterated. Gradients are off.
    /// </summary>
    public abstract double Estimate(SpectralLayer layer, Tensor weight);

    /// <summary>
    /// An upper bound of the operator's norm from p to q for a weight, which rests on no iteration; exact where a
    /// closed form is.
    /// </summary>
    public abstract double UpperBound(SpectralLayer layer, Tensor weight);

    /// <summary>
    /// The raw weight for good, see <see cref="SpectralLayer.Freeze"/>: divided by what is certain, by default by
    /// <see cref="UpperBound"/>. Gradients are off.
    /// </summary>
    /// <returns>The weight, and an upper bound of its norm from p to q.</returns>
    public virtual (Tensor weight, double bound) Certified(SpectralLayer layer)
    {
        double norm = UpperBound(layer, layer.Weight),
            coefficient = layer.Options.Coefficient;
        return (
            norm > coefficient ? layer.Weight * (coefficient / norm * Shrink(layer)) : layer.Weight,
            Math.Min(norm, coefficient)
        );
    }

    /// <summary>
    /// Rounding a quotient can add to the norm: an epsilon for every unit of ||abs(W)|| / ||W||, which stays below a
    /// hundred for kernels of some hundred channels.
    /// </summary>
    private protected static double Shrink(SpectralLayer layer) => 1 - 100 * finfo(layer.Weight.dtype).eps;
}
