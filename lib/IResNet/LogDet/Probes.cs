namespace IResNet;

/// <summary>Random vectors v with mean 0 and covariance I, for Hutchinson's trace estimate tr(A) = E[v.A v].</summary>
public abstract class Probes
{
    /// <summary>Draws probes for a batch.</summary>
    /// <param name="samples">Probes per example.</param>
    /// <param name="shape">The batch's shape, (n, ...).</param>
    /// <param name="like">Gives dtype and device.</param>
    /// <returns>Shape (samples n, ...), all examples of the first probe first.</returns>
    public abstract Tensor Draw(int samples, IReadOnlyList<long> shape, Tensor like);

    /// <summary>
    /// How many probes in a row make one estimate of the trace of which others are independent: 1, unless probes are
    /// parts of one vector.
    /// </summary>
    /// <param name="shape">The batch's shape, (n, ...).</param>
    public virtual int Complete(IReadOnlyList<long> shape) => 1;

    /// <summary>
    /// The same distribution drawn from a generator, unless it was given one of its own. By default these probes
    /// themselves.
    /// </summary>
    /// <param name="generator">The random stream.</param>
    public virtual Probes Seeded(Generator generator) => this;
}
