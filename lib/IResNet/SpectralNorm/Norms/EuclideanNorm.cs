namespace IResNet;

/// <summary>
/// The spectral norm, by power iteration (section 2.1): sigma = u.W v is the length of the last product with W.
/// </summary>
public sealed class EuclideanNorm : InducedNorm
{
    private const double Order = 2;

    private EuclideanNorm() { }

    /// <summary>It has no state.</summary>
    public static EuclideanNorm Instance { get; } = new();

    /// <inheritdoc/>
    public override NormOrder Domain { get; } = new FixedOrder(Order);

    /// <inheritdoc/>
    public override NormOrder Codomain => Domain;

    internal static InducedNorm? For(NormOrder domain, NormOrder codomain, NormUpdate update) =>
        domain.IsFixedAt(Order) && codomain.IsFixedAt(Order) && update == NormUpdate.BeforeStep ? Instance : null;

    /// <inheritdoc/>
    public override void Iterate(SpectralLayer layer)
    {
        TakeDirection(layer.V, layer.RMatvec(layer.Weight, layer.U));
        layer.Sigma.copy_(TakeDirection(layer.U, layer.Matvec(layer.Weight, layer.V)));
    }

    /// <summary>
    /// Equation 2: the weight divided by max(1, sigma / c), where sigma = u.W v is differentiated through W.
    /// </summary>
    public override Tensor Normalized(SpectralLayer layer, Tensor weight, Tensor u, Tensor v) =>
        layer.DividedBy(weight, u, v);

    /// <inheritdoc/>
    public override double Estimate(SpectralLayer layer, Tensor weight) =>
        (layer.U * layer.Matvec(weight, layer.V)).sum().ReadDouble();

    /// <inheritdoc/>
    public override double UpperBound(SpectralLayer layer, Tensor weight) => layer.CertifiedNorm(weight);

    /// <summary>
    /// Makes a vector the direction of a product with the weight. Where that vanishes, as it does for a weight of
    /// zeros, the vector stays: it could never recover from being zero, and a weight that grew again would go
    /// unnormalized.
    /// </summary>
    /// <returns>The product's norm.</returns>
    private static Tensor TakeDirection(Tensor vector, Tensor product)
    {
        var norm = product.norm();
        vector.lerp_(product / norm.clamp_min(SpectralLayer.NormFloor), Exists(norm).to(vector.dtype));
        return norm;
    }

    private static Tensor Exists(Tensor norm) => norm > SpectralLayer.NormFloor;
}
