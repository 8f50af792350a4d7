namespace IResNet;

/// <summary>
/// Standard normal probes, the paper's choice (Algorithm 2). Drawn in the official order, so that equal seeds give
/// equal probes.
/// </summary>
/// <param name="generator">The random stream; by default torch's own.</param>
public sealed class GaussianProbes(Generator? generator = null) : Probes
{
    /// <inheritdoc/>
    public override Tensor Draw(int samples, IReadOnlyList<long> shape, Tensor like)
    {
        using var scope = NewDisposeScope();
        var v = randn(
            [shape[0], samples, .. shape.Skip(1)],
            dtype: like.dtype,
            device: like.device,
            generator: generator
        );
        return v.transpose(0, 1).reshape([samples * shape[0], .. shape.Skip(1)]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Probes Seeded(Generator other) => generator is null ? new GaussianProbes(other) : this;
}
