using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Figures;

/// <summary>
/// ln det(I + J) and the partial sums of its power series (Equation 4) from full Jacobians, with exact traces: what
/// truncation alone does, without the noise of Hutchinson's estimate.
/// </summary>
/// <param name="LogDet">ln det(I + J) per example, float64, shape (n).</param>
/// <param name="PartialSums">The series cut after 1, 2, ... terms, float64, shape (terms, n).</param>
public sealed record ExactSeries(Tensor LogDet, Tensor PartialSums)
{
    /// <summary>Takes Jacobians of norm below 1.</summary>
    /// <param name="jacobian">Shape (n, d, d), any floating type.</param>
    /// <param name="terms">How many partial sums.</param>
    /// <remarks>
    /// The log-determinant is that of (I + J)'(I + J), halved: positive definite, so that its factorisation needs no
    /// pivots. Traces of J^(a + b) are inner products of J^a and the transposed J^b, so that half of the powers are
    /// enough.
    /// </remarks>
    public static ExactSeries Of(Tensor jacobian, int terms)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var j = jacobian.to(ScalarType.Float64);
        var map = j + eye(j.size(1), dtype: j.dtype, device: j.device);
        var logDet = linalg.cholesky(map.mT.bmm(map)).diagonal(0, 1, 2).log().sum(1);

        var powers = new List<Tensor> { j };
        while (2 * powers.Count < terms)
            powers.Add(powers[^1].bmm(j));
        var sums = new List<Tensor>();
        for (int k = 1; k <= terms; k++)
        {
            var trace =
                k == 1 ? j.diagonal(0, 1, 2).sum(1) : (powers[(k + 1) / 2 - 1] * powers[k / 2 - 1].mT).sum([1, 2]);
            var term = trace * PowerSeries.Coefficient(k);
            sums.Add(k == 1 ? term : sums[^1] + term);
        }
        return new(logDet.MoveToOuterDisposeScope(), stack(sums).MoveToOuterDisposeScope());
    }
}
