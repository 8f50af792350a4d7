namespace IResNet;

/// <summary>
/// The multiscale step of Real NVP and Glow: half of the channels leave for the latent vector, the other half goes on
/// through the remaining scales. The output is flat: what left, then the rest's output. In the i-ResNet code the first
/// half leaves, in that of Residual Flows the second.
/// </summary>
public sealed class FactorOut : Bijection
{
    private readonly ImageShape _shape;
    private readonly int _leaving,
        _left,
        _kept;

    /// <summary>
    /// Splits maps of a shape and sends half of their channels through <paramref name="rest"/>.
    /// </summary>
    /// <param name="shape">Shape of the maps, at least two channels. With an odd number the smaller part
    /// leaves.</param>
    /// <param name="rest">The remaining scales, ending flat: shape (n, dimensions).</param>
    /// <param name="keepsFirst">Whether the first half goes on and the second leaves; else the other way round.</param>
    public FactorOut(ImageShape shape, Bijection rest, bool keepsFirst = false)
        : base(nameof(FactorOut))
    {
        if (shape.Channels < 2)
            throw new ShapeException($"{shape} has too few channels to factor out half of them: squeeze first.");
        (_shape, _leaving, Rest) = (shape, shape.Channels / 2, rest);
        (_left, _kept) = keepsFirst ? (shape.Channels - _leaving, 0) : (0, _leaving);
        RegisterComponents();
    }

    /// <summary>The remaining scales.</summary>
    [field: ComponentName(Name = "rest")]
    public Bijection Rest { get; }

    /// <summary>The shape that goes on to <see cref="Rest"/>.</summary>
    public static ImageShape Remaining(ImageShape shape) =>
        shape with
        {
            Channels = shape.Channels - shape.Channels / 2,
        };

    /// <inheritdoc/>
    public override (Tensor y, Tensor logDet) forward(Tensor x)
    {
        Guard.Images(x, _shape);
        using var scope = NewDisposeScope();
        var (rest, logDet) = Rest.forward(x.narrow(1, _kept, _shape.Channels - _leaving));
        var y = cat([x.narrow(1, _left, _leaving).flatten(1), rest], 1);
        return (y.MoveToOuterDisposeScope(), logDet.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public override InverseResult Inverse(Tensor y, InverseSolver? solver = null)
    {
        int left = _leaving * _shape.Height * _shape.Width;
        Guard.Points(y, _shape.Dimensions);
        using var scope = NewDisposeScope();
        var inner = Rest.Inverse(y.narrow(1, left, _shape.Dimensions - left), solver);
        var outer = y.narrow(1, 0, left).reshape(-1, _leaving, _shape.Height, _shape.Width);
        var x = cat(_kept == 0 ? [inner.Value, outer] : [outer, inner.Value], 1);
        return inner with { Value = x.MoveToOuterDisposeScope() };
    }

    /// <summary>That of the rest, or 1 for the part that is passed through.</summary>
    public override double InverseLipschitzBound() => InverseLipschitzBoundIn(2);

    /// <inheritdoc/>
    public override double InverseLipschitzBoundIn(double order) => Math.Max(1, Rest.InverseLipschitzBoundIn(order));
}
