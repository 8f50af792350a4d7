namespace IResNet;

/// <summary>
/// Random signs. Of all probes with independent entries these have the smallest variance: the diagonal of the matrix contributes none.
/// </summary>
/// <param name="generator">The random stream; by default torch's own.</param>
public sealed class RademacherProbes(Generator? generator = null) : Probes
{
    /// <inheritdoc/>
    public override Tensor Draw(int samples, IReadOnlyList<long> shape, Tensor like)
    {
        using var scope = NewDisposeScope();
        var v = empty([samples * shape[0], .. shape.Skip(1)], dtype: like.dtype, device: like.device);
        return v.bernoulli_(0.5, generator).mul_(2).sub_(1).MoveToOuterDisposeScope();
    }
}
