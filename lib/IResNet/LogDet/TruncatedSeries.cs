namespace IResNet;

/// <summary>
/// The power series of ln det(I + J) (Equation 4) cut after n terms, with traces by Hutchinson's estimate.
/// </summary>
public abstract class TruncatedSeries : LogDetEstimator
{
    private protected TruncatedSeries(int terms, int samples, Probes probes) =>
        (Terms, Samples, Probes) = (
            Guard.AtLeast(terms, 1, nameof(terms)),
            Guard.AtLeast(samples, 1, nameof(samples)),
            probes
        );

    /// <summary>n, the number of terms.</summary>
    public int Terms { get; }

    /// <summary>Probes an example; their estimates are averaged.</summary>
    public int Samples { get; }

    /// <summary>Where probes come from.</summary>
    public Probes Probes { get; }

    /// <inheritdoc/>
    public sealed override Tensor Estimate(Linearization g)
    {
        using var scope = NewDisposeScope();
        var v = Probes.Draw(Samples, g.Shape, g.Value);
        return QuadraticForms(g, v).view(Samples, g.BatchSize).mean([0]).MoveToOuterDisposeScope();
    }

    /// <summary>The sum of (-1)^(k-1) v.J^k v / k for k = 1..n, for each probe.</summary>
    /// <param name="g">The branch at a batch of n points.</param>
    /// <param name="v">Probes, shape (samples n, ...).</param>
    /// <returns>Shape (samples n).</returns>
    private protected abstract Tensor QuadraticForms(Linearization g, Tensor v);
}
