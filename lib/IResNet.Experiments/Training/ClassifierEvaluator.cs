using IResNet.Experiments.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training;

/// <summary>The error of a classifier; an i-ResNet's body is frozen at certified norms.</summary>
public static class ClassifierEvaluator
{
    private const int BatchSize = 250;

    /// <summary>
    /// The share of images that get another label than theirs. The model stays frozen in evaluation mode.
    /// </summary>
    /// <param name="classifier">The model, from images to logits.</param>
    /// <param name="images">Held-out images.</param>
    /// <param name="preprocessing">As in training; shifts and flips are left out.</param>
    /// <param name="cancel">Stops between two batches.</param>
    public static ClassifierEvaluation Evaluate(
        nn.Module<Tensor, Tensor> classifier,
        ImageSplit images,
        Preprocessing preprocessing,
        CancellationToken cancel = default
    )
    {
        classifier.eval();
        (classifier as Classifier)?.Body.Freeze();
        var device = classifier.parameters().First().device;
        return Evaluate(classifier.forward, device, images, preprocessing, seed: 0, cancel);
    }

    /// <summary>As the other overload, for what is in evaluation mode already.</summary>
    /// <param name="logits">From images to logits.</param>
    /// <param name="device">Where it takes them.</param>
    /// <param name="images">Held-out images.</param>
    /// <param name="preprocessing">As in training.</param>
    /// <param name="seed">The seed of dequantisation.</param>
    /// <param name="cancel">Stops between two batches.</param>
    internal static ClassifierEvaluation Evaluate(
        Func<Tensor, Tensor> logits,
        Device device,
        ImageSplit images,
        Preprocessing preprocessing,
        ulong seed,
        CancellationToken cancel
    )
    {
        using var noGrad = no_grad();
        var options = new BatchOptions
        {
            Size = Math.Min(BatchSize, images.Count),
            Shuffle = false,
            Device = device,
        };
        var batches = new Batches(images, preprocessing.ForEvaluation(), seed, options);
        var calibration = new Calibration();
        var (wrong, seen, entropy) = (0, 0, 0.0);
        while (seen < images.Count)
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var batch = batches.Next();
            var logProbs = nn.functional.log_softmax(logits(batch.Images), 1);
            ClassLabels.Demand(batch.Labels, batch.Count, logProbs.size(1));
            var (best, chosen) = logProbs.max(1);
            double[] confidence = best.exp().ReadDoubles(),
                missed = chosen.ne(batch.Labels).ReadDoubles();
            foreach (var (i, miss) in missed.Index())
                calibration.Add(confidence[i], miss == 0);
            wrong += (int)missed.Sum();
            entropy += nn.functional.nll_loss(logProbs, batch.Labels, reduction: nn.Reduction.Sum).ReadDouble();
            seen += batch.Count;
        }
        return ClassifierEvaluation.Of(wrong, seen, entropy / seen) with
        {
            CalibrationError = calibration.ExpectedError,
        };
    }
}
