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
        using var noGrad = no_grad();
        classifier.eval();
        (classifier as Classifier)?.Body.Freeze();
        var options = new BatchOptions
        {
            Size = Math.Min(BatchSize, images.Count),
            Shuffle = false,
            Device = classifier.parameters().First().device,
        };
        var batches = new Batches(images, preprocessing.ForEvaluation(), seed: 0, options);
        var (wrong, seen, entropy) = (0, 0, 0.0);
        while (seen < images.Count)
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var batch = batches.Next();
            var logits = classifier.forward(batch.Images);
            wrong += (int)logits.argmax(1).ne(batch.Labels).sum().ReadDouble();
            entropy += nn.functional.cross_entropy(logits, batch.Labels, reduction: nn.Reduction.Sum).ReadDouble();
            seen += batch.Count;
        }
        return ClassifierEvaluation.Of(wrong, seen, entropy / seen);
    }
}
