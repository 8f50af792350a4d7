using IResNet.Experiments.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training;

/// <summary>Bits/dim on images, with the model frozen at certified norms.</summary>
public static class DensityEvaluator
{
    private const int BatchSize = 100;

    /// <summary>The mean over images. The model stays frozen in evaluation mode; its estimators are those that it had before.</summary>
    /// <param name="flow">The model.</param>
    /// <param name="images">Held-out images, at least 2.</param>
    /// <param name="preprocessing">As in training; shifts and flips are left out.</param>
    /// <param name="terms">Terms of the power series.</param>
    /// <param name="probes">Random-sign probes an image.</param>
    /// <param name="seed">The seed of dequantisation and probes: the same seed gives the same figure.</param>
    /// <param name="cancel">Stops between two batches.</param>
    public static DensityEvaluation Evaluate(
        Flow flow, ImageSplit images, Preprocessing preprocessing, int terms = 20, int probes = 1, ulong seed = 1, CancellationToken cancel = default)
    {
        if (images.Count < 2) throw new ArgumentException($"{images.Count} images give no confidence interval: take 2 or more.", nameof(images));
        using var noGrad = no_grad();
        var device = flow.Prior.Mean.device;
        using var generator = new Generator(seed, device);
        using var estimator = new TemporaryEstimator(flow.Freeze(), new PowerSeries(terms, probes, new RademacherProbes(generator)));
        var batches = new Batches(images, preprocessing.ForEvaluation(), seed, new() { Size = Math.Min(BatchSize, images.Count), Shuffle = false, Device = device });
        var bits = new List<double>(images.Count);
        while (bits.Count < images.Count)
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var values = BitsPerDimension.Of(flow.forward(batches.Next().Images), batches.Shape.Dimensions);
            bits.AddRange(values.to(ScalarType.Float64).cpu().data<double>());
        }
        var (mean, halfWidth) = Evaluation.MeanOf(bits);
        return new(mean, halfWidth, images.Count, batches.Shape, terms, probes, BiasBound(flow, batches.Shape.Dimensions, terms));
    }

    /// <summary>Theorem 3 summed over the blocks of a frozen flow, in bits per dimension of the data.</summary>
    private static double BiasBound(Flow flow, int dimensions, int terms) => flow.ResidualBlocks.Sum(block =>
    {
        double lipschitz = block.Branch.LipschitzBound();
        long size = block.Branch is ConvBranch conv ? conv.Shape.Dimensions : dimensions;
        return lipschitz < 1 ? TruncationBound.Of(lipschitz, size, terms) : double.PositiveInfinity;
    }) / (dimensions * Math.Log(2));
}
