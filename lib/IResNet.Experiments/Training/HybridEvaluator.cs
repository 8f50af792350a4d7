using IResNet.Experiments.Data;

namespace IResNet.Experiments.Training;

/// <summary>The error and bits/dim of a hybrid model, frozen at certified norms.</summary>
public static class HybridEvaluator
{
    /// <summary>The error: the share of images whose most probable class is not theirs. The model stays
    /// frozen.</summary>
    /// <param name="flow">The model.</param>
    /// <param name="images">Held-out images.</param>
    /// <param name="preprocessing">As in training; shifts and flips are left out.</param>
    /// <param name="seed">The seed of dequantisation.</param>
    /// <param name="cancel">Stops between two batches.</param>
    public static ClassifierEvaluation Classify(
        HybridFlow flow,
        ImageSplit images,
        Preprocessing preprocessing,
        ulong seed = 1,
        CancellationToken cancel = default
    )
    {
        flow.Freeze();
        return ClassifierEvaluator.Evaluate(flow.LogClasses, flow.Device, images, preprocessing, seed, cancel);
    }

    /// <summary>
    /// Error and bits/dim, these as <see cref="DensityEvaluator.Evaluate"/> takes them. The model stays frozen.
    /// </summary>
    /// <param name="flow">The model.</param>
    /// <param name="images">Held-out images.</param>
    /// <param name="preprocessing">As in training; shifts and flips are left out.</param>
    /// <param name="densityImages">The first so many for bits/dim, at least 2; null for all.</param>
    /// <param name="terms">As for <see cref="DensityEvaluator.Evaluate"/>.</param>
    /// <param name="probes">As for <see cref="DensityEvaluator.Evaluate"/>.</param>
    /// <param name="seed">The seed of dequantisation and probes.</param>
    /// <param name="cancel">Stops between two batches.</param>
    /// <param name="estimator">As for <see cref="DensityEvaluator.Evaluate"/>.</param>
    public static HybridEvaluation Evaluate(
        HybridFlow flow,
        ImageSplit images,
        Preprocessing preprocessing,
        int? densityImages = null,
        int? terms = null,
        int? probes = null,
        ulong seed = 1,
        CancellationToken cancel = default,
        LogDetEstimator? estimator = null
    )
    {
        var classification = Classify(flow, images, preprocessing, seed, cancel);
        var some = images[..Math.Min(densityImages ?? images.Count, images.Count)];
        return new(
            classification,
            DensityEvaluator.Evaluate(flow, some, preprocessing, terms, probes, seed, cancel, estimator)
        );
    }
}
