namespace IResNet;

/// <summary>
/// The paper's Algorithm 2: the power series of ln det(I + J), truncated after n terms (Equation 4), each trace by Hutchinson's estimate with the same
/// probes for all terms. Biased by the truncation (<see cref="TruncationBound"/>), unbiased in the probes.
/// </summary>
/// <remarks>The loss differentiates through the whole series, so memory grows with the number of terms.</remarks>
public sealed class PowerSeries : LogDetEstimator
{
    /// <summary>Sets up the series.</summary>
    /// <param name="terms">n, at least 1. The paper trains with 5 (CIFAR-10) or 10 (MNIST).</param>
    /// <param name="samples">Probes an example, at least 1; estimates are averaged.</param>
    /// <param name="probes">Where probes come from; by default Gaussian from torch's own generator.</param>
    public PowerSeries(int terms, int samples = 1, Probes? probes = null)
    {
        (Terms, Samples) = (Guard.AtLeast(terms, 1, nameof(terms)), Guard.AtLeast(samples, 1, nameof(samples)));
        Probes = probes ?? new GaussianProbes();
    }

    /// <summary>n, the number of terms.</summary>
    public int Terms { get; }

    /// <summary>Probes an example.</summary>
    public int Samples { get; }

    /// <summary>Where probes come from.</summary>
    public Probes Probes { get; }

    /// <inheritdoc/>
    public override Tensor Estimate(Linearization g)
    {
        using var scope = NewDisposeScope();
        var v = Probes.Draw(Samples, g.Shape, g.Value);
        var (w, sum) = (v.alias(), zeros(v.size(0), dtype: v.dtype, device: v.device));
        for (int k = 1; k <= Terms; k++)
        {
            using var used = w;
            w = g.Vjp(w);
            using var product = w * v;
            sum = sum + product.flatten(1).sum(1) * ((k % 2 == 1 ? 1.0 : -1.0) / k);
        }
        return sum.view(Samples, g.BatchSize).mean([0]).MoveToOuterDisposeScope();
    }
}
