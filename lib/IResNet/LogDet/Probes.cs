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

    /// <summary>What <see cref="Draw"/> draws, held to what it promises: for whoever estimates with probes.</summary>
    /// <param name="samples">As there.</param>
    /// <param name="shape">As there.</param>
    /// <param name="like">As there.</param>
    /// <exception cref="ShapeException">The probes have another shape, dtype or device than the batch.</exception>
    public Tensor DrawFor(int samples, IReadOnlyList<long> shape, Tensor like)
    {
        var drawn = Draw(samples, shape, like);
        long[] due = [samples * shape[0], .. shape.Skip(1)];
        if (drawn.shape.SequenceEqual(due) && drawn.dtype == like.dtype && drawn.device_type == like.device_type)
            return drawn;
        throw new ShapeException(
            $"{GetType().Name} drew {Of(drawn.shape, drawn)}, but {samples} per example of this batch are "
                + $"{Of(due, like)}: Draw has to follow the shape and the tensor that it is given."
        );

        static string Of(IReadOnlyList<long> shape, Tensor tensor) =>
            $"({string.Join(", ", shape)}) of {tensor.dtype} on {tensor.device_type}";
    }

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
