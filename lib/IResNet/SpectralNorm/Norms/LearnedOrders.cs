namespace IResNet;

/// <summary>
/// Training of learned orders (Residual Flows, section 4): they follow the gradient of the mean norm after one
/// iteration, not that of the likelihood, which does not depend on them.
/// </summary>
public static class LearnedOrders
{
    /// <summary>Whether a layer's norm has a learned order.</summary>
    public static bool Has(SpectralLayer layer) =>
        layer is { Options.Enabled: true, Norm: IteratedNorm norm }
        && (norm.Domain is LearnedOrder || norm.Codomain is LearnedOrder);

    /// <summary>
    /// The mean over the layers with a learned order, differentiable in the orders alone; null where there is none. Add
    /// its gradient to the loss's: <c>LearnedOrders.MeanNorm(layers)?.backward()</c>.
    /// </summary>
    /// <param name="layers">Of a model.</param>
    public static Tensor? MeanNorm(IEnumerable<SpectralLayer> layers)
    {
        using var scope = NewDisposeScope();
        var norms = layers.Where(Has).Select(layer => ((IteratedNorm)layer.Norm).AfterOneIteration(layer)).ToList();
        return norms.Count > 0 ? stack(norms).mean().MoveToOuterDisposeScope() : null;
    }
}
