namespace IResNet;

/// <summary>
/// The norm from any order p to any order q, by the iteration of the literature on induced norms (Boyd 1974, Higham
/// 1992) that Residual Flows take: u becomes the dual vector of W v in the order q, and v that of the transposed W
/// times u in the order p / (p - 1). sigma = u.W v is a lower bound; where the orders are not 2 it can stay at a local
/// maximum, and no close upper bound is known in general. Orders may be learned.
/// </summary>
public sealed class IteratedNorm : InducedNorm
{
    // Random starts of a search besides the present vectors, and the relative change at which one has converged.
    private const int Starts = 10,
        MostIterations = 200;
    private const double Tolerance = 1e-7;

    // A smaller entry counts as this, relative to the largest: its logarithm exists, and its power vanishes.
    private const double Smallest = 1e-30;

    /// <summary>From one order to another.</summary>
    /// <param name="domain">p.</param>
    /// <param name="codomain">q.</param>
    public IteratedNorm(NormOrder domain, NormOrder codomain) => (Domain, Codomain) = (domain, codomain);

    /// <inheritdoc/>
    public override NormOrder Domain { get; }

    /// <inheritdoc/>
    public override NormOrder Codomain { get; }

    private bool IsEuclidean => Domain.IsFixedAt(2) && Codomain.IsFixedAt(2);

    internal static InducedNorm For(NormOrder domain, NormOrder codomain, NormUpdate update) =>
        new IteratedNorm(domain, codomain);

    /// <inheritdoc/>
    public override void Iterate(SpectralLayer layer)
    {
        var (u, v, sigma) = Iterated(layer, layer.Weight, layer.U, layer.V);
        layer.U.copy_(u);
        layer.V.copy_(v);
        layer.Sigma.copy_(sigma);
    }

    /// <summary>
    /// The iterations, and for other orders than 2 the same from ten random starts: the largest norm found is kept.
    /// </summary>
    public override void Search(SpectralLayer layer, int iterations)
    {
        layer.PowerIteration(iterations);
        if (IsEuclidean || !layer.Options.Enabled || iterations == 0)
            return;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (u, v, sigma) = Best(layer, iterations);
        layer.U.copy_(u);
        layer.V.copy_(v);
        layer.Sigma.copy_(sigma);
    }

    /// <inheritdoc/>
    public override Tensor Normalized(SpectralLayer layer, Tensor weight, Tensor u, Tensor v) =>
        layer.DividedBy(weight, u, v);

    /// <inheritdoc/>
    public override double Estimate(SpectralLayer layer, Tensor weight) =>
        (layer.U * layer.Matvec(weight, layer.V)).sum().ReadDouble();

    /// <inheritdoc/>
    public override double UpperBound(SpectralLayer layer, Tensor weight) =>
        OperatorNorm.UpperBound(layer, weight, Domain.Value, Codomain.Value);

    /// <summary>
    /// For orders other than 2 the weight is divided by the largest norm that a converged iteration finds from several
    /// starts: dividing by <see cref="UpperBound"/>, which may be far above, would make another model of it. The bound
    /// says what is certain all the same.
    /// </summary>
    public override (Tensor weight, double bound) Certified(SpectralLayer layer)
    {
        if (IsEuclidean)
            return base.Certified(layer);
        var sigma = Best(layer, MostIterations).sigma;
        var weight = layer.Weight / (sigma / layer.Options.Coefficient).clamp_min(1);
        return (weight, UpperBound(layer, weight));
    }

    /// <summary>
    /// The norm after one more iteration, differentiable in learned orders alone: what these are trained to lessen.
    /// </summary>
    public Tensor AfterOneIteration(SpectralLayer layer)
    {
        using var scope = NewDisposeScope();
        return Iterated(layer, layer.Weight.detach(), layer.U.clone(), layer.V.clone())
            .sigma.squeeze()
            .MoveToOuterDisposeScope();
    }

    /// <summary>The dual order p / (p - 1).</summary>
    internal static double Dual(double order) =>
        order == 1 ? double.PositiveInfinity
        : double.IsInfinity(order) ? 1
        : order / (order - 1);

    /// <summary>The norms of a weight's parts along its first axis.</summary>
    internal static Tensor Sizes(Tensor weight, double order)
    {
        using var scope = NewDisposeScope();
        var sizes = weight.flatten(1).abs();
        if (double.IsInfinity(order))
            return sizes.amax([1]).MoveToOuterDisposeScope();
        if (order == 1)
            return sizes.sum(1).MoveToOuterDisposeScope();
        // Relative to the largest, so that no power leaves the range of numbers. The sum is 1 at least, unless all is
        // 0, where the root has no derivative.
        var largest = sizes.amax([1], keepdim: true).detach().clamp_min(SpectralLayer.NormFloor);
        var sum = (sizes / largest).pow(order).sum(1).clamp_min(Smallest);
        return (largest.squeeze(1) * sum.pow(1 / order)).MoveToOuterDisposeScope();
    }

    private (Tensor u, Tensor v, Tensor sigma) Iterated(SpectralLayer layer, Tensor weight, Tensor u, Tensor v)
    {
        u = DualVector(layer.Matvec(weight, v), Codomain, dual: false, u);
        v = DualVector(layer.RMatvec(weight, u), Domain, dual: true, v);
        return (u, v, (u * layer.Matvec(weight, v)).sum());
    }

    /// <summary>
    /// The vector of length 1 in the dual order of r whose product with z is |z|_r: sign(z) |z|^(r - 1), scaled; with
    /// its signs where r is 1, and one signed unit vector where r is infinite.
    /// </summary>
    /// <param name="z">The vector.</param>
    /// <param name="order">r, or its dual.</param>
    /// <param name="dual">Whether the dual of the order is meant.</param>
    /// <param name="before">What stays where z vanishes.</param>
    private static Tensor DualVector(Tensor z, NormOrder order, bool dual, Tensor before)
    {
        var sizes = z.abs();
        var largest = sizes.max().detach();
        double? known =
            order is FixedOrder
                ? dual
                    ? Dual(order.Value)
                    : order.Value
                : null;
        Tensor found;
        if (known == 1)
            found = z.sign();
        else if (known is { } r && double.IsInfinity(r))
        {
            var at = sizes.argmax();
            found = zeros_like(z).scatter(0, at.unsqueeze(0), z.sign().gather(0, at.unsqueeze(0)));
        }
        else
        {
            var p = order.On(z);
            var power = dual ? p / (p - 1) : p;
            // Relative to the largest, so that no power leaves the range of numbers.
            var relative = (sizes / largest.clamp_min(SpectralLayer.NormFloor)).clamp_min(Smallest);
            found = z.sign() * relative.pow(power - 1) / relative.pow(power).sum().pow((power - 1) / power);
        }
        return where(largest > SpectralLayer.NormFloor, found, before);
    }

    /// <summary>The largest norm that the iteration finds from the layer's own vectors and from random ones.</summary>
    private (Tensor u, Tensor v, Tensor sigma) Best(SpectralLayer layer, int iterations)
    {
        using var generator = new Generator(1);
        (Tensor u, Tensor v, Tensor sigma)? best = null;
        double largest = double.NegativeInfinity;
        for (int start = 0; start <= Starts; start++)
        {
            var found = Converged(
                layer,
                start == 0
                    ? (layer.U, layer.V)
                    : (layer.U, Draws.Normal(layer.V.shape, layer.V.dtype, layer.V.device, generator)),
                iterations
            );
            if (found.sigma.ReadDouble() is var sigma && (best is null || sigma > largest))
                (best, largest) = (found, sigma);
        }
        return best!.Value;
    }

    private (Tensor u, Tensor v, Tensor sigma) Converged(SpectralLayer layer, (Tensor u, Tensor v) from, int most)
    {
        var found = Iterated(layer, layer.Weight, from.u, from.v);
        for (double before = found.sigma.ReadDouble(), i = 1; i < most; i++)
        {
            found = Iterated(layer, layer.Weight, found.u, found.v);
            double sigma = found.sigma.ReadDouble();
            if (sigma <= before * (1 + Tolerance))
                break;
            before = sigma;
        }
        return found;
    }
}
