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
    /// The mean over images, by what the flow's own estimators evaluate with
    /// (<see cref="LogDetEstimator.ForEvaluation"/>) or by a power series that is named. The model stays frozen in
    /// evaluation mode.
    /// </summary>
    /// <param name="flow">The model.</param>
    /// <param name="images">Held-out images, at least 2.</param>
    /// <param name="preprocessing">As in training; shifts and flips are left out.</param>
    /// <param name="terms">Terms of the power series, 20 by default. Null for the flow's own estimators, unless
    /// <paramref name="probes"/> is given.</param>
    /// <param name="probes">Random-sign probes per image, 1 by default; null as for <paramref name="terms"/>.</param>
    /// <param name="seed">The seed of dequantisation and probes: the same seed gives the same figure.</param>
    /// <param name="cancel">Stops between two batches.</param>
    /// <param name="estimator">What the flow was trained with instead of its own estimators; null for these.</param>
    public static DensityEvaluation Evaluate(
        Flow flow,
        ImageSplit images,
        Preprocessing preprocessing,
        int? terms = null,
        int? probes = null,
        ulong seed = 1,
        CancellationToken cancel = default,
        LogDetEstimator? estimator = null
    )
    {
        DemandTwo(images);
        using var noGrad = no_grad();
        flow.Freeze();
        var series =
            terms is null && probes is null
                ? null
                : new PowerSeries(terms ?? TruncatedSeries.EvaluationTerms, probes ?? 1, new RademacherProbes());
        Func<LogDetEstimator, LogDetEstimator> choose = own => series ?? (estimator ?? own).ForEvaluation();
        var bits = BitsOf(flow, images, preprocessing, choose, seed, probeSeed: seed, cancel);
        var (mean, halfWidth) = Evaluation.MeanOf(bits);
        var shape = preprocessing.Output(images.Shape);
        var used = flow.ResidualBlocks.Select(block => choose(block.Estimator)).ToList();
        // All blocks' series alike, or no series at all.
        var common = used.FirstOrDefault() as TruncatedSeries;
        bool isSeries =
            common is not null
            && used.All(one =>
                one is TruncatedSeries other && (other.Terms, other.Samples) == (common.Terms, common.Samples)
            );
        return new(
            mean,
            halfWidth,
            images.Count,
            shape,
            isSeries ? common!.Terms : 0,
            isSeries ? common!.Samples : 0,
            BiasBound(flow, shape.Dimensions, choose)
        )
        {
            Estimator = string.Join(", ", used.Select(one => one.GetType().Name).Distinct()),
        };
    }

    /// <summary>
    /// As the paper evaluates (section 5.3): so many terms that Theorem 3 bounds the bias by half the error, then so
    /// many probes that their standard error is below half of it. The model stays frozen in evaluation mode.
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
        DemandTwo(images);
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

        // The images keep their dequantisation noise; only the probes are drawn anew. First rounds say how far they
        // scatter, and that alone how many there have to be, so that a chance agreement of few values ends nothing.
        var rounds = new RepeatedEstimates(images.Count);
        var series = new PowerSeries(terms, 1, new RademacherProbes());
        double ProbeError() => Math.Sqrt(rounds.Variance / rounds.Count / images.Count);
        void Add()
        {
            ulong probeSeed = seed + (ulong)rounds.Count + 1;
            rounds.Add([.. BitsOf(flow, images, preprocessing, _ => series, seed, probeSeed, cancel)]);
        }
        while (!rounds.AreEnough)
        {
            Add();
            progress?.Invoke(rounds.Count, ProbeError());
        }
        double variance = rounds.Variance,
            needed = Math.Ceiling(variance / images.Count / (error * error / 4));
        while (rounds.Count < needed)
        {
            Add();
            progress?.Invoke(rounds.Count, Math.Sqrt(variance / rounds.Count / images.Count));
        }
        var (mean, halfWidth) = Evaluation.MeanOf([.. rounds.Means]);
        return new(mean, halfWidth, images.Count, shape, terms, rounds.Count, BiasBound(flow, shape.Dimensions, terms))
        {
            Estimator = nameof(PowerSeries),
            ProbeError = Math.Sqrt(variance / rounds.Count / images.Count),
        };
    }

    /// <summary>Refuses images whose values have no spread.</summary>
    /// <exception cref="ArgumentException">It is one, or none.</exception>
    internal static void DemandTwo(ImageSplit images)
    {
        if (images.Count < 2)
            throw new ArgumentException(
                $"{images.Count} images give no confidence interval: take 2 or more.",
                nameof(images)
            );
    }

    /// <summary>Bits/dim of each image with a frozen model.</summary>
    private static List<double> BitsOf(
        Flow flow,
        ImageSplit images,
        Preprocessing preprocessing,
        Func<LogDetEstimator, LogDetEstimator> choose,
        ulong seed,
        ulong probeSeed,
        CancellationToken cancel
    )
    {
        var device = flow.Device;
        using var generator = new Generator(probeSeed);
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
            var values = BitsPerDimension.Of(
                flow.LogProb(batches.Next().Images, own => choose(own).Seeded(generator)),
                batches.Shape.Dimensions
            );
            bits.AddRange(values.ReadDoubles());
        }
        return bits;
    }

    /// <summary>Theorem 3 summed over the blocks of a frozen flow, in bits per dimension of the data.</summary>
    internal static double BiasBound(Flow flow, int dimensions, int terms) =>
        BiasBound(flow, dimensions, _ => new PowerSeries(terms));

    /// <summary>The estimators' own bounds, likewise.</summary>
    private static double BiasBound(Flow flow, int dimensions, Func<LogDetEstimator, LogDetEstimator> choose) =>
        flow.ResidualBlocks.Sum(block =>
            choose(block.Estimator)
                .BiasBound(
                    block.Branch.SpectralRadiusBound(),
                    block.Branch is ConvBranch conv ? conv.Shape.Dimensions : dimensions
                )
        ) / (dimensions * Math.Log(2));
}
