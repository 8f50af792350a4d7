namespace IResNet;

/// <summary>
/// Standard normal probes, the paper's choice (Algorithm 2). Drawn in the official order, so that equal seeds give
/// equal probes.
/// </summary>
/// <param name="generator">The random stream; by default the device's own.</param>
public sealed class GaussianProbes(Generator? generator = null) : Probes
{
    /// <inheritdoc/>
    public override Tensor Draw(int samples, IReadOnlyList<long> shape, Tensor like)
    {
        using var scope = NewDisposeScope();
        var v = Draws.Normal([shape[0], samples, .. shape.Skip(1)], like.dtype, like.device, generator);
        return v.transpose(0, 1).reshape([samples * shape[0], .. shape.Skip(1)]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Probes Seeded(Generator other) => generator is null ? new GaussianProbes(other) : this;
}
