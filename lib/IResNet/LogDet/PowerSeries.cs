namespace IResNet;

/// <summary>
/// The paper's Algorithm 2: the power series of ln det(I + J), truncated after n terms (Equation 4), each trace by
/// Hutchinson's estimate with the same probes for all terms. Biased by the truncation (<see cref="TruncationBound"/>),
/// unbiased in the probes.
/// </summary>
/// <remarks>The loss differentiates through the whole series, so memory grows with the number of terms.</remarks>
public sealed class PowerSeries : TruncatedSeries
{
    /// <summary>Sets up the series.</summary>
    /// <param name="terms">n, at least 1. The paper trains with 5 (CIFAR-10) or 10 (MNIST).</param>
    /// <param name="samples">Probes per example, at least 1.</param>
    /// <param name="probes">Where probes come from; by default Gaussian from torch's own generator.</param>
    public PowerSeries(int terms, int samples = 1, Probes? probes = null)
        : base(terms, samples, probes ?? new GaussianProbes()) { }

    /// <summary>Of tr(J^k) in the series of ln det(I + J): (-1)^(k + 1) / k (Equation 4).</summary>
    /// <param name="k">The term, from 1.</param>
    public static double Coefficient(int k) => (k % 2 == 1 ? 1.0 : -1.0) / k;

    /// <inheritdoc/>
    public override LogDetEstimator Seeded(Generator generator) =>
        new PowerSeries(Terms, Samples, Probes.Seeded(generator));

    /// <inheritdoc/>
    public override LogDetEstimator Shared(int part, int parts) =>
        new PowerSeries(Terms, Samples, new SharedProbes(Probes, part, parts));

    private protected override Tensor QuadraticForms(Linearization g, Tensor v)
    {
        var (w, sum) = (v.alias(), zeros(v.size(0), dtype: v.dtype, device: v.device));
        for (int k = 1; k <= Terms; k++)
        {
            using var used = w;
            w = g.Vjp(w);
            using var product = w * v;
            sum = sum + product.flatten(1).sum(1) * Coefficient(k);
        }
        return sum;
    }
}
