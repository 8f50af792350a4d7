namespace IResNet;

/// <summary>
/// The normalization of one training step: power iterations advance once, effective weights are computed once, and
/// layers use these until the step is disposed. A whole model's layers together cost less than one by one.
/// </summary>
public sealed class SpectralStep : IDisposable
{
    private readonly List<SpectralLayer> _layers;

    private SpectralStep(List<SpectralLayer> layers) => _layers = layers;

    /// <summary>
    /// Normalizes the layers that are in training mode and that no enclosing step has normalized already.
    /// </summary>
    public static SpectralStep Begin(IEnumerable<SpectralLayer> layers)
    {
        // A block that stands twice in a model is normalized once.
        var step = new SpectralStep([.. layers.Distinct().Where(layer => layer.training && !layer.IsCached)]);
        try
        {
            var backend = Backends.Current;
            var together = step._layers.Where(layer => backend.Normalize([layer]).IsServed).ToList();
            Cache(together, backend);
            Cache([.. step._layers.Except(together)], Backends.Reference);
            return step;
        }
        catch
        {
            // A layer that kept this weight would never see its raw one again.
            step.Dispose();
            throw;
        }
    }

    private static void Cache(List<SpectralLayer> layers, Backend backend)
    {
        if (layers.Count == 0)
            return;
        var weights = backend.Normalize(layers).Compute();
        for (int i = 0; i < layers.Count; i++)
            layers[i].Cache(weights[i]);
    }

    /// <summary>Back to a weight computed at each use.</summary>
    public void Dispose()
    {
        foreach (var layer in _layers)
            layer.Cache(null);
    }
}
