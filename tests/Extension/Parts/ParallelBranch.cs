namespace Extension.Parts;

/// <summary>
/// A branch that is no chain: two convolutions side by side, of 3x3 and 1x1 pixels, on the same activated input, and
/// their sum. Its Lipschitz constant is at most the sum of the two.
/// </summary>
internal class ParallelBranch : ResidualBranch
{
    private readonly Activation _activation;
    private readonly SpectralConv2d _near,
        _point;

    public ParallelBranch(ImageShape shape, double coefficient = 0.45, ActivationKind? activation = null)
        : base(nameof(ParallelBranch))
    {
        var options = new SpectralNormOptions { Coefficient = coefficient };
        _activation = (activation ?? ActivationKind.Elu).Create();
        int channels = _activation.Channels(shape.Channels);
        _near = new(channels, shape.Channels, 3, shape.Height, shape.Width, options);
        _point = new(channels, shape.Channels, 1, shape.Height, shape.Width, options);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        var h = _activation.forward(x);
        return _near.ApplyWithBias(_near.EffectiveWeight(), h) + _point.ApplyWithBias(_point.EffectiveWeight(), h);
    }

    public override double LipschitzBound() => _activation.LipschitzBound * (_near.NormBound() + _point.NormBound());

    /// <summary>With products of its own; without, those by automatic differentiation would do.</summary>
    public override Linearization Linearize(Tensor x)
    {
        var h = _activation.forward(x);
        var (near, point) = (_near.EffectiveWeight(), _point.EffectiveWeight());
        var value = _near.ApplyWithBias(near, h) + _point.ApplyWithBias(point, h);
        return new Products(this, x, value, _activation.Derivative(x, h), near, point);
    }

    private sealed class Products(
        ParallelBranch branch,
        Tensor x,
        Tensor value,
        Tensor derivative,
        Tensor near,
        Tensor point
    ) : Linearization(branch, x, value)
    {
        protected override Tensor Jvp(Tensor tangents, long k)
        {
            var t = Stacked(tangents, k, s => branch._activation.Jvp(derivative, s));
            return branch._near.Apply(near, t) + branch._point.Apply(point, t);
        }

        protected override Tensor Vjp(Tensor cotangents, long k)
        {
            var u = branch._near.ApplyTranspose(near, cotangents) + branch._point.ApplyTranspose(point, cotangents);
            return Stacked(u, k, s => branch._activation.Vjp(derivative, s));
        }
    }
}
