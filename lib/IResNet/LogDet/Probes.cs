namespace IResNet;

/// <summary>Random vectors v with mean 0 and covariance I, for Hutchinson's trace estimate tr(A) = E[v.A v].</summary>
public abstract class Probes
{
    /// <summary>Draws probes for a batch.</summary>
    /// <param name="samples">Probes an example.</param>
    /// <param name="shape">The batch's shape, (n, ...).</param>
    /// <param name="like">Gives dtype and device.</param>
    /// <returns>Shape (samples n, ...), all examples of the first probe first.</returns>
    public abstract Tensor Draw(int samples, IReadOnlyList<long> shape, Tensor like);
}
