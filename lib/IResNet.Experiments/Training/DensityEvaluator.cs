using IResNet.Experiments.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training;

/// <summary>Bits/dim on images, with the model frozen at certified norms.</summary>
public static class DensityEvaluator
{
    private const int BatchSize = 100,
        MostTerms = 500;

    /// <summary>
    /// The mean over images. The model stays frozen in evaluation mode; its estimators are those that it had before.
    /// </summary>
    /// <param name="flow">The model.</param>
    /// <param name="images">Held-out images, at least 2.</param>
    /// <param name="preprocessing">As in training; shifts and flips are left out.</param>
    /// <param name="terms">Terms of the power series.</param>
    /// <param name="probes">Random-sign probes per image.</param>
    /// <param name="seed">The seed of dequantisation and probes: the same seed gives the same figure.</param>
    /// <param name="cancel">Stops between two batches.</param>
    public static DensityEvaluation Evaluate(
        Flow flow,
        ImageSplit images,
        Preprocessing preprocessing,
        int terms = 20,
        int probes = 1,
        ulong seed = 1,
        CancellationToken cancel = default
    )
    {
        if (images.Count < 2)
            throw new ArgumentException(
                $"{images.Count} images give no confidence interval: take 2 or more.",
                nameof(images)
            );
        using var noGrad = no_grad();
        flow.Freeze();
        var bits = BitsOf(flow, images, preprocessing, terms, probes, seed, probeSeed: seed, cancel);
        var (mean, halfWidth) = Evaluation.MeanOf(bits);
        var shape = preprocessing.Output(images.Shape);
        return new(mean, halfWidth, images.Count, shape, terms, probes, BiasBound(flow, shape.Dimensions, terms));
    }

    /// <summary>
    /// As the paper evaluates (section 5.3): so many terms that Theorem 3 bounds the bias by half the error, then so
    /// many probes that their standard error is below half of it. The model stays frozen in evaluation mode; its
    /// estimators are those that it had before.
    /// </summary>
    /// <param name="flow">The model.</param>
    /// <param name="images">Held-out images, at least 2.</param>
    /// <param name="preprocessing">As in training; shifts and flips are left out.</param>
    /// <param name="error">How far the mean over these images may be from its exact value, in bits/dim. The paper:
    /// 2e-4.</param>
    /// <param name="seed">The seed of dequantisation and probes.</param>
    /// <param name="progress">Told after each round of probes how far it is: probes and standard error.</param>
    /// <param name="cancel">Stops between two batches.</param>
    /// <exception cref="ArgumentException">The error is not positive, or no number of terms reaches it: a block's
    /// Lipschitz constant is not below 1.</exception>
    public static DensityEvaluation EvaluateTo(
        double error,
        Flow flow,
        ImageSplit images,
        Preprocessing preprocessing,
        ulong seed = 1,
        Action<int, double>? progress = null,
        CancellationToken cancel = default
    )
    {
        if (!(error > 0))
            throw new ArgumentException($"The error is {error}, but must be more than 0.", nameof(error));
        if (images.Count < 2)
            throw new ArgumentException(
                $"{images.Count} images give no confidence interval: take 2 or more.",
                nameof(images)
            );
        using var noGrad = no_grad();
        flow.Freeze();
        var shape = preprocessing.Output(images.Shape);
        int terms = Enumerable
            .Range(1, MostTerms)
            .FirstOrDefault(n => BiasBound(flow, shape.Dimensions, n) <= error / 2);
        if (terms == 0)
            throw new ArgumentException(
                $"{MostTerms} terms still leave a bias of up to {BiasBound(flow, shape.Dimensions, MostTerms):g3} "
                    + $"bits/dim: the blocks' Lipschitz constants are too close to 1 for an error of {error:g3}.",
                nameof(error)
            );

        var (sum, squares) = (new double[images.Count], new double[images.Count]);
        for (int round = 1; ; round++)
        {
            // The images keep their dequantisation noise; only the probes are drawn anew.
            var bits = BitsOf(
                flow,
                images,
                preprocessing,
                terms,
                probes: 1,
                seed,
                probeSeed: seed + (ulong)round,
                cancel
            );
            for (int i = 0; i < bits.Count; i++)
                (sum[i], squares[i]) = (sum[i] + bits[i], squares[i] + bits[i] * bits[i]);
            if (round == 1)
                continue;
            double variance = sum.Zip(squares, (s, s2) => Math.Max(0, s2 - s * s / round) / (round - 1)).Sum();
            double probeError = Math.Sqrt(variance / round) / images.Count;
            progress?.Invoke(round, probeError);
            if (probeError > error / 2)
                continue;
            var (mean, halfWidth) = Evaluation.MeanOf([.. sum.Select(s => s / round)]);
            return new(mean, halfWidth, images.Count, shape, terms, round, BiasBound(flow, shape.Dimensions, terms))
            {
                ProbeError = probeError,
            };
        }
    }

    /// <summary>Bits/dim of each image with a frozen model.</summary>
    private static List<double> BitsOf(
        Flow flow,
        ImageSplit images,
        Preprocessing preprocessing,
        int terms,
        int probes,
        ulong seed,
        ulong probeSeed,
        CancellationToken cancel
    )
    {
        var device = flow.Prior.Mean.device;
        using var generator = new Generator(probeSeed, device);
        using var estimator = new TemporaryEstimator(
            flow,
            new PowerSeries(terms, probes, new RademacherProbes(generator))
        );
        var batches = new Batches(
            images,
            preprocessing.ForEvaluation(),
            seed,
            new()
            {
                Size = Math.Min(BatchSize, images.Count),
                Shuffle = false,
                Device = device,
            }
        );
        var bits = new List<double>(images.Count);
        while (bits.Count < images.Count)
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var values = BitsPerDimension.Of(flow.forward(batches.Next().Images), batches.Shape.Dimensions);
            bits.AddRange(values.to(ScalarType.Float64).cpu().data<double>());
        }
        return bits;
    }

    /// <summary>Theorem 3 summed over the blocks of a frozen flow, in bits per dimension of the data.</summary>
    internal static double BiasBound(Flow flow, int dimensions, int terms) =>
        flow.ResidualBlocks.Sum(block =>
        {
            double lipschitz = block.Branch.LipschitzBound();
            long size = block.Branch is ConvBranch conv ? conv.Shape.Dimensions : dimensions;
            return lipschitz < 1 ? TruncationBound.Of(lipschitz, size, terms) : double.PositiveInfinity;
        }) / (dimensions * Math.Log(2));
}
