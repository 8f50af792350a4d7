namespace IResNet;

/// <summary>
/// A residual branch g at a batch of points: its value, and products with its Jacobian. Estimators of log-determinants
/// see only this. A branch with products of its own derives from it.
/// </summary>
/// <remarks>
/// Products are linear in the directions, and where <see cref="IsDifferentiable"/> they are differentiable in the
/// branch's parameters, in x and in the directions, as often as the activations are. Otherwise they have no graph, and
/// directions that ask for one are refused. Under <c>no_grad</c> no product has a graph.
/// </remarks>
public abstract class Linearization
{
    private readonly long[] _shape;
    private readonly ResidualBranch _branch;

    /// <summary>At a batch x.</summary>
    /// <param name="branch">g.</param>
    /// <param name="x">A batch, shape (n, ...).</param>
    /// <param name="value">g(x).</param>
    /// <exception cref="ShapeException">The value has another shape than x.</exception>
    protected Linearization(ResidualBranch branch, Tensor x, Tensor value)
    {
        (_branch, Point, Value, IsDifferentiable) = (branch, x, value, is_grad_enabled());
        _shape = x.shape;
        if (!value.shape.SequenceEqual(_shape))
            throw new ShapeException(
                $"{branch.GetName()} made ({string.Join(", ", value.shape)}) of ({string.Join(", ", _shape)}), but a "
                    + "residual branch keeps the shape: x + g(x)."
            );
        Dimensions = x.numel() / x.size(0);
    }

    /// <summary>x.</summary>
    public Tensor Point { get; }

    /// <summary>g(x), of x's shape.</summary>
    public Tensor Value { get; }

    /// <summary>
    /// Whether products can be differentiated: the branch was linearized while gradients were enabled, not under
    /// <c>no_grad</c>.
    /// </summary>
    public bool IsDifferentiable { get; }

    /// <summary>Examples in the batch.</summary>
    public long BatchSize => _shape[0];

    /// <summary>d, the number of dimensions of one example.</summary>
    public long Dimensions { get; }

    /// <summary>
    /// An upper bound of the norm of J at every point, see <see cref="ResidualBranch.LipschitzBound()"/>.
    /// </summary>
    public double LipschitzBound => _branch.LipschitzBound();

    /// <summary>
    /// An upper bound of the magnitude of J's eigenvalues at every point, see
    /// <see cref="ResidualBranch.SpectralRadiusBound"/>.
    /// </summary>
    public double SpectralRadiusBound => _branch.SpectralRadiusBound();

    /// <summary>The shape of x.</summary>
    public IReadOnlyList<long> Shape => _shape;

    /// <summary>J t, forward mode.</summary>
    /// <param name="tangents">
    /// As x, or k tangents per example stacked along the batch axis: shape (k n, ...), all examples of the first
    /// tangent
    /// first.
    /// </param>
    /// <exception cref="ShapeException">The tangents do not fit x.</exception>
    /// <exception cref="InvalidOperationException">The tangents require a gradient that the product has
    /// not.</exception>
    public Tensor Jvp(Tensor tangents) => Jvp(tangents, Multiple(tangents));

    /// <summary>Transposed J times u, reverse mode.</summary>
    /// <param name="cotangents">As x, or k cotangents per example stacked along the batch axis, as for
    /// <see cref="Jvp(Tensor)"/>.</param>
    /// <exception cref="ShapeException">The cotangents do not fit x.</exception>
    /// <exception cref="InvalidOperationException">The cotangents require a gradient that the product has
    /// not.</exception>
    public Tensor Vjp(Tensor cotangents) => Vjp(cotangents, Multiple(cotangents));

    /// <summary>J times k tangents per example.</summary>
    /// <param name="tangents">Shape (k n, ...), all examples of the first tangent first; checked.</param>
    /// <param name="k">How many for each example.</param>
    protected abstract Tensor Jvp(Tensor tangents, long k);

    /// <summary>Transposed J times k cotangents per example.</summary>
    /// <param name="cotangents">Shape (k n, ...), all examples of the first cotangent first; checked.</param>
    /// <param name="k">How many for each example.</param>
    protected abstract Tensor Vjp(Tensor cotangents, long k);

    /// <summary>
    /// Lets what was kept of one batch act on k stacked ones, as <see cref="Activation.Jvp"/> does with a derivative.
    /// </summary>
    /// <param name="stacked">Shape (k n, ...).</param>
    /// <param name="k">How many.</param>
    /// <param name="act">From shape (n, ...) or (k, n, ...) to the same leading axes.</param>
    protected static Tensor Stacked(Tensor stacked, long k, Func<Tensor, Tensor> act) =>
        k == 1 ? act(stacked) : act(stacked.unflatten(0, [k, stacked.size(0) / k])).flatten(0, 1);

    /// <summary>
    /// The Jacobian of g for every example, shape (n, d, d), by d tangents per example in chunks of one batch.
    /// </summary>
    public Tensor Jacobian()
    {
        const long ChunkRows = 4096;
        long n = BatchSize,
            d = Dimensions,
            step = Math.Clamp(ChunkRows / n, 1, d);
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

    private long Multiple(Tensor directions)
    {
        long[] s = directions.shape;
        if (s.Length != _shape.Length || s[0] == 0 || s[0] % _shape[0] != 0 || !s.Skip(1).SequenceEqual(_shape.Skip(1)))
            throw new ShapeException(
                $"Directions of shape ({string.Join(", ", s)}) do not fit a batch of shape "
                    + $"({string.Join(", ", _shape)})."
            );
        if (directions.requires_grad && is_grad_enabled() && !IsDifferentiable)
            throw new InvalidOperationException(
                "The branch was linearized under no_grad, but the direction requires a gradient: linearize it with "
                    + "gradients enabled, or detach the direction."
            );
        return s[0] / _shape[0];
    }
}
