namespace IResNet.Tests;

/// <summary>
/// The d unit vectors, scaled by the root of d: a complete orthogonal set of probes, whose mean quadratic form v.A v is
/// the exact trace. With it a stochastic estimator has no noise left. To be used with d samples.
/// </summary>
internal sealed class UnitVectors : Probes
{
    public override Tensor Draw(int samples, IReadOnlyList<long> shape, Tensor like)
    {
        long d = shape.Skip(1).Aggregate(1L, (a, b) => a * b);
        Assert.Equal(d, samples);
        return (eye(d, dtype: like.dtype) * Math.Sqrt(d))
            .unsqueeze(1)
            .expand(d, shape[0], d)
            .reshape([d * shape[0], .. shape.Skip(1)]);
    }
}

/// <summary>The same given probes at every draw, in the type that is asked for.</summary>
internal sealed class FixedProbes(Tensor probes) : Probes
{
    public override Tensor Draw(int samples, IReadOnlyList<long> shape, Tensor like)
    {
        Assert.Equal([samples * shape[0], .. shape.Skip(1)], probes.shape);
        return probes.to(like.dtype).alias();
    }
}
