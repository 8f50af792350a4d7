namespace IResNet;

/// <summary>
/// Bijections one after the other. Log-determinants add up; the inverse runs backwards, one at a time.
/// </summary>
public sealed class Sequence : Bijection
{
    [ComponentName(Name = "bijections")]
    private readonly ModuleList<Bijection> _bijections;
    private readonly SpectralLayer[] _layers;

    /// <summary>The composition, first bijection first.</summary>
    public Sequence(IEnumerable<Bijection> bijections)
        : base(nameof(Sequence))
    {
        _bijections = new ModuleList<Bijection>([.. bijections]);
        RegisterComponents();
        Bijections = [.. _bijections];
        _layers = [.. this.Descendants().OfType<SpectralLayer>().Distinct()];
    }

    /// <summary>As the other constructor.</summary>
    public Sequence(params Bijection[] bijections)
        : this((IEnumerable<Bijection>)bijections) { }

    /// <summary>The parts, in forward order.</summary>
    public IReadOnlyList<Bijection> Bijections { get; }

    /// <inheritdoc/>
    public override (Tensor y, Tensor logDet) forward(Tensor x)
    {
        Guard.NonEmpty(x);
        using var scope = NewDisposeScope();
        using var step = training ? SpectralStep.Begin(_layers) : null;
        var (y, logDet) = (x.alias(), NoLogDet(x));
        foreach (var bijection in Bijections)
        {
            (y, var part) = bijection.forward(y);
            logDet = logDet + part;
        }
        return (y.MoveToOuterDisposeScope(), logDet.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// The parts' inverses, last first. Iterations are summed, the residual is the largest, and the error bound follows
    /// the parts' own bounds through the inverse Lipschitz constants of the parts still to be inverted.
    /// </summary>
    public override InverseResult Inverse(Tensor y, InverseSolver? solver = null)
    {
        using var scope = NewDisposeScope();
        var result = Exact(y.alias());
        foreach (var bijection in Bijections.Reverse())
            result = result.Then(bijection, solver);
        result.Value.MoveToOuterDisposeScope();
        return result;
    }

    /// <summary>The product over the parts.</summary>
    public override double InverseLipschitzBound() => InverseLipschitzBoundIn(2);

    /// <inheritdoc/>
    public override double InverseLipschitzBoundIn(double order) =>
        Bijections.Aggregate(1.0, (product, bijection) => product * bijection.InverseLipschitzBoundIn(order));
}
