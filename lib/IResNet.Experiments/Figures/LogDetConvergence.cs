using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Figures;

/// <summary>
/// The log-determinant of a flow's residual blocks against the number of terms of the truncated series: the exact one,
/// the bias of the truncation, what Theorem 3 bounds it by, and the paper's estimator with its spread (Figures 4 and 9,
/// Appendix E). In nats, means over the examples, summed over the blocks.
/// </summary>
/// <param name="Terms">Numbers of terms n.</param>
/// <param name="Exact">From the full Jacobians.</param>
/// <param name="Truncated">The series cut after n terms, with exact traces.</param>
/// <param name="Bias">Mean over the examples of |truncated - exact|.</param>
/// <param name="Bound">Theorem 3, summed over the blocks.</param>
/// <param name="Estimate">Algorithm 2 with n terms, averaged over the probes.</param>
/// <param name="Spread">Standard deviation of Algorithm 2 with a single probe, for an example: root mean square over
/// the examples.</param>
public sealed record LogDetConvergence(
    IReadOnlyList<int> Terms,
    double Exact,
    IReadOnlyList<double> Truncated,
    IReadOnlyList<double> Bias,
    IReadOnlyList<double> Bound,
    IReadOnlyList<double> Estimate,
    IReadOnlyList<double> Spread
)
{
    /// <summary>Measures a frozen flow: d Jacobian products per block and example, and some d^3.</summary>
    /// <param name="flow">The flow, with blocks certified to contract.</param>
    /// <param name="x">A batch.</param>
    /// <param name="terms">Numbers of terms, rising.</param>
    /// <param name="probes">Gaussian probes per example, at least 2.</param>
    /// <param name="generator">Where they come from.</param>
    public static LogDetConvergence Of(Flow flow, Tensor x, IReadOnlyList<int> terms, int probes, Generator generator)
    {
        using var scope = NewDisposeScope();
        int examples = (int)x.size(0),
            most = terms[^1];
        Tensor exact = zeros(examples, ScalarType.Float64),
            truncated = zeros([most, examples], ScalarType.Float64);
        Tensor mean = zeros_like(truncated),
            variance = zeros_like(truncated);
        double[] bound = new double[terms.Count];
        BlockLinearizations.Visit(flow, x, g =>
        {
            var series = ExactSeries.Of(g.Jacobian(), most);
            exact.add_(series.LogDet);
            truncated.add_(series.PartialSums);
            var estimates = Estimates(g, most, probes, new GaussianProbes(generator));
            // Blocks have probes of their own: their variances add up.
            mean.add_(estimates.mean([1]));
            variance.add_(estimates.var(1, unbiased: true));
            for (int i = 0; i < bound.Length; i++)
                bound[i] += TruncationBound.Of(g.LipschitzBound, g.Dimensions, terms[i]);
        });
        double[] At(Tensor perTerm) => [.. terms.Select(n => perTerm[n - 1].mean().ToDouble())];
        return new(
            terms,
            exact.mean().ToDouble(),
            At(truncated),
            At((truncated - exact).abs()),
            bound,
            At(mean),
            [.. At(variance).Select(Math.Sqrt)]
        );
    }

    /// <summary>
    /// Algorithm 2 cut after each number of terms up to the most, for every probe: shape (terms, probes, n), float64.
    /// </summary>
    private static Tensor Estimates(Linearization g, int most, int probes, Probes distribution)
    {
        using var scope = NewDisposeScope();
        var v = distribution.Draw(probes, g.Shape, g.Value);
        var (w, sums) = (v, new List<Tensor>());
        for (int k = 1; k <= most; k++)
        {
            w = g.Vjp(w);
            var term =
                (w * v).flatten(1).sum(1).to(ScalarType.Float64).view(probes, g.BatchSize) * PowerSeries.Coefficient(k);
            sums.Add(k == 1 ? term : sums[^1] + term);
        }
        return stack(sums).MoveToOuterDisposeScope();
    }
}
