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

    /// <summary>
    /// Terms with which a model is judged that was trained with fewer: with blocks of c = 0.9 and three layers the bias
    /// that is left is below 1e-4 of ln det's largest value.
    /// </summary>
    public const int EvaluationTerms = 20;

    /// <summary>n, the number of terms.</summary>
    public int Terms { get; }

    /// <summary>Probes per example; their estimates are averaged.</summary>
    public int Samples { get; }

    /// <summary>Where probes come from.</summary>
    public Probes Probes { get; }

    /// <summary>
    /// The series itself with <see cref="EvaluationTerms"/>, if it has fewer, and random signs, which scatter least.
    /// </summary>
    public override LogDetEstimator ForEvaluation() =>
        new PowerSeries(Math.Max(Terms, EvaluationTerms), Samples, new RademacherProbes());

    /// <summary>Theorem 3, see <see cref="TruncationBound"/>.</summary>
    public sealed override double BiasBound(double lipschitz, long dimensions) =>
        lipschitz < 1 ? TruncationBound.Of(lipschitz, dimensions, Terms) : double.PositiveInfinity;

    /// <inheritdoc/>
    public sealed override Tensor Estimate(Linearization g)
    {
        using var scope = NewDisposeScope();
        var v = Probes.DrawFor(Samples, g.Shape, g.Value);
        return QuadraticForms(g, v).view(Samples, g.BatchSize).mean([0]).MoveToOuterDisposeScope();
    }

    /// <summary>The sum of (-1)^(k-1) v.J^k v / k for k = 1..n, for each probe.</summary>
    /// <param name="g">The branch at a batch of n points.</param>
    /// <param name="v">Probes, shape (samples n, ...).</param>
    /// <returns>Shape (samples n).</returns>
    private protected abstract Tensor QuadraticForms(Linearization g, Tensor v);
}
