using IResNet.Experiments.Data;
using IResNet.Experiments.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Figures;

/// <summary>
/// Bits/dim of one model by the number of terms of the power series, beside the converged value: what a training
/// objective with few terms believes, and what is true. All numbers of terms use the same probes, so that their
/// differences are far more accurate than the values.
/// </summary>
/// <param name="Terms">n.</param>
/// <param name="BitsPerDim">The mean over the images with n terms.</param>
/// <param name="Converged">The same with so many terms that Theorem 3 bounds the rest by
/// <see cref="Tolerance"/>.</param>
/// <param name="Differences">With n terms minus converged: negative where the truncated series promises too
/// much.</param>
/// <param name="StandardErrors">Of the differences, over images and probes.</param>
/// <param name="Bounds">Theorem 3 for n terms, summed over the blocks, in bits/dim.</param>
public sealed record TruncationCurve(
    IReadOnlyList<int> Terms,
    IReadOnlyList<double> BitsPerDim,
    double Converged,
    IReadOnlyList<double> Differences,
    IReadOnlyList<double> StandardErrors,
    IReadOnlyList<double> Bounds
)
{
    /// <summary>Largest bias of <see cref="Converged"/>, in bits/dim.</summary>
    public const double Tolerance = 1e-4;

    private const int BatchSize = 50,
        MostTerms = 1000;

    /// <summary>
    /// Measures a model. It stays frozen in evaluation mode; its estimators are those that it had before.
    /// </summary>
    /// <param name="flow">The model.</param>
    /// <param name="images">Held-out images, at least 2.</param>
    /// <param name="preprocessing">As in training; shifts and flips are left out.</param>
    /// <param name="terms">Numbers of terms, each 1 or more.</param>
    /// <param name="seed">The seed of dequantisation and probes.</param>
    /// <param name="cancel">Stops between two batches.</param>
    /// <exception cref="ArgumentException">A number of terms is below 1, or a block's Lipschitz constant is too close
    /// to 1 for the series to converge.</exception>
    public static TruncationCurve Of(
        Flow flow,
        ImageSplit images,
        Preprocessing preprocessing,
        IReadOnlyList<int> terms,
        ulong seed = 1,
        CancellationToken cancel = default
    )
    {
        DensityEvaluator.DemandTwo(images);
        if (terms.Any(n => n < 1))
            throw new ArgumentException($"Terms {string.Join(", ", terms)}: each must be 1 or more.", nameof(terms));
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        flow.Freeze();
        int dimensions = preprocessing.Output(images.Shape).Dimensions;
        int most = Enumerable
            .Range(1, MostTerms)
            .FirstOrDefault(n => DensityEvaluator.BiasBound(flow, dimensions, n) <= Tolerance);
        if (most == 0)
            throw new ArgumentException(
                $"{MostTerms} terms still leave a bias of more than {Tolerance} bits/dim: the blocks' Lipschitz "
                    + "constants are too close to 1.",
                nameof(flow)
            );
        int[] all = [.. terms, most];

        using var generator = new Generator(seed);
        var series = new PartialSums(all, new RademacherProbes(generator));
        var bits = all.Select(_ => new List<double>(images.Count)).ToArray();
        foreach (var batch in preprocessing.ForEvaluation().ToTensor(images, seed).split(BatchSize))
        {
            cancel.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            series.Begin(batch.size(0), flow.Device);
            // The blocks' part of the log-determinant is that of the longest series; the others differ from it by their
            // sums alone.
            var logProb = flow.LogProb(batch.to(flow.Device), _ => series).to(ScalarType.Float64);
            for (int i = 0; i < all.Length; i++)
                bits[i]
                    .AddRange(
                        BitsPerDimension.Of(logProb + series.Sums[i] - series.Sums[^1], dimensions).ReadDoubles()
                    );
        }
        double[][] differences =
        [
            .. terms.Select((_, i) => bits[i].Zip(bits[^1], (few, many) => few - many).ToArray()),
        ];
        return new(
            terms,
            [.. terms.Select((_, i) => bits[i].Average())],
            bits[^1].Average(),
            [.. differences.Select(values => values.Average())],
            [.. differences.Select(values => Evaluation.StandardErrorOf(values))],
            [.. terms.Select(n => DensityEvaluator.BiasBound(flow, dimensions, n))]
        );
    }

    /// <summary>
    /// The power series with one probe, whose partial sums after several numbers of terms are added over the blocks
    /// that one batch passes.
    /// </summary>
    private sealed class PartialSums(IReadOnlyList<int> terms, Probes probes) : LogDetEstimator
    {
        /// <summary>One per example, for each number of terms; valid in the scope of <see cref="Begin"/>.</summary>
        public Tensor[] Sums { get; private set; } = [];

        public void Begin(long examples, Device device) =>
            Sums = [.. terms.Select(_ => zeros(examples, ScalarType.Float64, device))];

        public override Tensor Estimate(Linearization g)
        {
            using var scope = NewDisposeScope();
            var v = probes.DrawFor(1, g.Shape, g.Value);
            var (power, sum) = (v, zeros(g.BatchSize, ScalarType.Float64, g.Value.device));
            for (int k = 1; k <= terms.Max(); k++)
            {
                power = g.Jvp(power);
                sum = sum + (power * v).flatten(1).sum(1).to(ScalarType.Float64) * PowerSeries.Coefficient(k);
                for (int i = 0; i < Sums.Length; i++)
                    if (terms[i] == k)
                        Sums[i].add_(sum);
            }
            return sum.to(g.Value.dtype).to(g.Value.device).MoveToOuterDisposeScope();
        }
    }
}
