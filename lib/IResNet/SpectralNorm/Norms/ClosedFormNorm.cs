namespace IResNet;

/// <summary>
/// Norms from order 1, or to order infinity, which need no iteration: |W| from 1 to q is the largest q-norm of a
/// column, and from p to infinity the largest norm of a row in the dual order p / (p - 1). Each column or row is held
/// to c by itself. For convolutions a column is all that an input channel reaches, a row all that an output channel
/// sees; both are exact on maps as large as the kernel, and bounds on smaller ones.
/// </summary>
public sealed class ClosedFormNorm : InducedNorm
{
    private readonly bool _columns;
    private readonly double _order;

    private ClosedFormNorm(NormOrder domain, NormOrder codomain)
    {
        (Domain, Codomain) = (domain, codomain);
        _columns = domain.Value == 1;
        _order = _columns ? codomain.Value : IteratedNorm.Dual(domain.Value);
    }

    /// <inheritdoc/>
    public override NormOrder Domain { get; }

    /// <inheritdoc/>
    public override NormOrder Codomain { get; }

    /// <inheritdoc/>
    public override bool IsIterated => false;

    internal static InducedNorm? For(NormOrder domain, NormOrder codomain, NormUpdate update) =>
        domain is FixedOrder
        && codomain is FixedOrder
        && (domain.IsFixedAt(1) || codomain.IsFixedAt(double.PositiveInfinity))
            ? new ClosedFormNorm(domain, codomain)
            : null;

    /// <summary>Takes the norm of the weight of now.</summary>
    public override void Iterate(SpectralLayer layer) => layer.Sigma.copy_(Sizes(layer, layer.Weight).max());

    /// <inheritdoc/>
    public override Tensor Normalized(SpectralLayer layer, Tensor weight, Tensor u, Tensor v)
    {
        using var scope = NewDisposeScope();
        var divisors = (Sizes(layer, weight) / layer.Options.Coefficient).clamp_min(1);
        return (weight / Spread(divisors, weight)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override double Estimate(SpectralLayer layer, Tensor weight) => UpperBound(layer, weight);

    /// <inheritdoc/>
    public override double UpperBound(SpectralLayer layer, Tensor weight) =>
        Sizes(layer, weight.to(ScalarType.Float64)).ReadLargest();

    /// <summary>The weight as training has it: nothing is estimated.</summary>
    public override (Tensor weight, double bound) Certified(SpectralLayer layer)
    {
        double norm = UpperBound(layer, layer.Weight),
            coefficient = layer.Options.Coefficient;
        if (norm <= coefficient)
            return (layer.Weight, norm);
        var divisors = (Sizes(layer, layer.Weight) / coefficient).clamp_min(1);
        return (layer.Weight / Spread(divisors, layer.Weight) * Shrink(layer), coefficient);
    }

    /// <summary>The norm of each column or row.</summary>
    private Tensor Sizes(SpectralLayer layer, Tensor weight)
    {
        if (layer is not (SpectralLinear or SpectralConv2d))
            throw new ArgumentException(
                $"There is no closed form of the norm of {layer.GetName()} from order {Domain.Value} to "
                    + $"{Codomain.Value}: it has one for SpectralLinear and SpectralConv2d."
            );
        return IteratedNorm.Sizes(_columns ? weight.transpose(0, 1) : weight, _order);
    }

    private Tensor Spread(Tensor values, Tensor weight)
    {
        long[] shape = [.. Enumerable.Repeat(1L, (int)weight.dim())];
        shape[_columns ? 1 : 0] = -1;
        return values.view(shape);
    }
}
