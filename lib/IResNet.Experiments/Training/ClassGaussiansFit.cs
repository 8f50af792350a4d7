using IResNet.Experiments.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training;

/// <summary>Fits the class Gaussians of a hybrid model to the latents of images.</summary>
public static class ClassGaussiansFit
{
    private const int BatchSize = 500,
        MostImages = 60_000;

    /// <summary>
    /// <see cref="ClassGaussians.Fit"/> to the latents of the first 60,000 images. The flow stays as it is.
    /// </summary>
    /// <param name="flow">A hybrid with a head of class Gaussians.</param>
    /// <param name="images">Training images, at least two of each class.</param>
    /// <param name="preprocessing">As in training; with its shifts and flips, where it has any.</param>
    /// <param name="seed">The seed of order and dequantisation.</param>
    /// <param name="cancel">Stops between two batches; the Gaussians are then as they were.</param>
    /// <exception cref="ArgumentException">The head is another one, or there are too few images of a class.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static void Fit(
        HybridFlow flow,
        ImageSplit images,
        Preprocessing preprocessing,
        ulong seed = 1,
        CancellationToken cancel = default
    )
    {
        if (flow.Joint is not ClassGaussians gaussians)
            throw new ArgumentException(
                $"This model's head is {flow.Joint.GetName()}, which has no Gaussian for each class to fit: take "
                    + "ClassGaussiansConfig, on the command line head.kind=classGaussians.",
                nameof(flow)
            );
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        int count = Math.Min(MostImages, images.Count);
        var batches = new Batches(
            images[..count],
            preprocessing,
            seed,
            new() { Size = Math.Min(BatchSize, count), Device = flow.Device }
        );
        var (latents, labels) = (new List<Tensor>(), new List<Tensor>());
        for (long seen = 0; seen < count; seen += labels[^1].size(0))
        {
            cancel.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            var batch = batches.Next();
            latents.Add(flow.LatentsOf(batch.Images).flatten(1).MoveToOuterDisposeScope());
            labels.Add(batch.Labels.MoveToOuterDisposeScope());
        }
        gaussians.Fit(cat(latents), cat(labels));
    }
}
