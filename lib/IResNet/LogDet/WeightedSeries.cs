namespace IResNet;

/// <summary>
/// The power series of ln det(I + J) with weighted terms and the Neumann gradient of Residual Flows in forward mode:
/// for a probe v the value is the sum of a_k v.J^k v for k = 1..n plus b v.J r, and the gradient that of v.J r with the
/// constant r = v + sum of w_k J^k v. One product has a graph, so that memory does not grow with n.
/// </summary>
/// <remarks>
/// What the value and the gradient estimate is up to the weights: <see cref="NeumannSeries.Weights"/>,
/// <see cref="RussianRoulette.DrawWeights"/>.
/// </remarks>
/// <param name="Values">a_k.</param>
/// <param name="Directions">w_k, as many.</param>
/// <param name="Last">b.</param>
public sealed record WeightedSeries(IReadOnlyList<double> Values, IReadOnlyList<double> Directions, double Last)
{
    /// <summary>The estimate for each probe.</summary>
    /// <param name="g">The branch at a batch of n points.</param>
    /// <param name="v">Probes, shape (k n, ...), all examples of the first probe first.</param>
    /// <returns>Shape (k n).</returns>
    public Tensor Estimate(Linearization g, Tensor v) => Estimate(g.Jvp, v);

    /// <summary>The same with other products than J t.</summary>
    internal Tensor Estimate(Func<Tensor, Tensor> product, Tensor v)
    {
        var (r, value) = Sum(product, v);
        if (Last == 0 && !is_grad_enabled())
            return value;
        var surrogate = Form(product(r), v);
        return surrogate + (value + surrogate.detach() * Last - surrogate.detach());
    }

    /// <summary>
    /// v.J r by other products: of the right gradient in the mean, but no estimate of ln det.
    /// </summary>
    internal Tensor Surrogate(Func<Tensor, Tensor> product, Tensor v) => Form(product(Sum(product, v).r), v);

    /// <summary>r, and the value but for its last term.</summary>
    private (Tensor r, Tensor value) Sum(Func<Tensor, Tensor> product, Tensor v)
    {
        var (r, value) = (v.clone(), zeros(v.size(0), dtype: v.dtype, device: v.device));
        using var noGrad = no_grad();
        var power = v.alias();
        for (int i = 0; i < Values.Count; i++)
        {
            using var used = power;
            power = product(power);
            r.add_(power, alpha: Directions[i]);
            value.add_(Form(power, v), alpha: Values[i]);
        }
        return (r, value);
    }

    private static Tensor Form(Tensor product, Tensor v) => (product * v).flatten(1).sum(1);
}
