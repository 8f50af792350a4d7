namespace IResNet;

/// <summary>
/// A residual branch g at a batch of points: its value, and products with its Jacobian. Estimators of log-determinants see only this.
/// All products are ordinary tensor operations: they are differentiable in the branch's parameters and in x unless taken under <c>no_grad</c>.
/// </summary>
public sealed class Linearization
{
    private readonly IReadOnlyList<Step> _steps;
    private readonly long[] _shape;

    internal Linearization(IReadOnlyList<Step> steps, Tensor x, Tensor value)
    {
        (_steps, Value) = (steps, value);
        _shape = x.shape;
        Dimensions = x.numel() / x.size(0);
    }

    /// <summary>g(x), of x's shape.</summary>
    public Tensor Value { get; }

    /// <summary>Examples in the batch.</summary>
    public long BatchSize => _shape[0];

    /// <summary>d, the number of dimensions of one example.</summary>
    public long Dimensions { get; }

    /// <summary>The shape of x.</summary>
    public IReadOnlyList<long> Shape => _shape;

    /// <summary>J t, forward mode.</summary>
    /// <param name="tangents">
    /// As x, or k tangents an example stacked along the batch axis: shape (k n, ...), all examples of the first tangent first.
    /// </param>
    public Tensor Jvp(Tensor tangents)
    {
        long k = Multiple(tangents);
        using var scope = NewDisposeScope();
        var t = tangents;
        foreach (var step in _steps)
        {
            if (step.Slope is not null) t = Broadcast(t, k, s => step.Activation!.Jvp(step.Slope, s));
            t = step.Layer.Apply(step.Weight, t);
        }
        return t.MoveToOuterDisposeScope();
    }

    /// <summary>Transposed J times u, reverse mode.</summary>
    /// <param name="cotangents">As x, or k cotangents an example stacked along the batch axis, as for <see cref="Jvp"/>.</param>
    public Tensor Vjp(Tensor cotangents)
    {
        long k = Multiple(cotangents);
        using var scope = NewDisposeScope();
        var u = cotangents;
        foreach (var step in _steps.Reverse())
        {
            u = step.Layer.ApplyTranspose(step.Weight, u);
            if (step.Slope is not null) u = Broadcast(u, k, s => step.Activation!.Vjp(step.Slope, s));
        }
        return u.MoveToOuterDisposeScope();
    }

    /// <summary>The Jacobian of g for every example, shape (n, d, d), by d tangents an example in chunks of one batch.</summary>
    public Tensor Jacobian()
    {
        const long ChunkRows = 4096;
        long n = BatchSize, d = Dimensions, step = Math.Clamp(ChunkRows / n, 1, d);
        using var scope = NewDisposeScope();
        var identity = eye(d, dtype: Value.dtype, device: Value.device);
        var columns = new List<Tensor>();
        for (long from = 0; from < d; from += step)
        {
            long k = Math.Min(step, d - from);
            var tangents = identity.narrow(0, from, k).unsqueeze(1).expand(k, n, d).reshape([k * n, .. _shape[1..]]);
            columns.Add(Jvp(tangents).reshape(k, n, d));
        }
        return cat(columns, 0).permute(1, 2, 0).MoveToOuterDisposeScope();
    }

    /// <summary>Lets a slope of one batch act on k stacked batches.</summary>
    private static Tensor Broadcast(Tensor stacked, long k, Func<Tensor, Tensor> act) =>
        k == 1 ? act(stacked) : act(stacked.unflatten(0, [k, stacked.size(0) / k])).flatten(0, 1);

    private long Multiple(Tensor directions)
    {
        var s = directions.shape;
        if (s.Length != _shape.Length || s[0] == 0 || s[0] % _shape[0] != 0 || !s.Skip(1).SequenceEqual(_shape.Skip(1)))
            throw new ShapeException($"Directions of shape ({string.Join(", ", s)}) do not fit a batch of shape ({string.Join(", ", _shape)}).");
        return s[0] / _shape[0];
    }

    /// <summary>One layer with the weight in use, and what stands before it.</summary>
    internal readonly record struct Step(SpectralLayer Layer, Tensor Weight, Activation? Activation, Tensor? Slope);
}
