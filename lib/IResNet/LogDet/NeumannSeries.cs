namespace IResNet;

/// <summary>
/// The value of <see cref="PowerSeries"/>, with a gradient that costs one Jacobian product whatever the number of
/// terms: the Neumann gradient of Residual Flows, in forward mode.
/// </summary>
/// <remarks>
/// With r = sum of (-1)^k J^k v for k below n, taken without a graph, the surrogate v.J r has a gradient whose mean
/// over probes is that of the truncated series: both are the sum of (-1)^k tr(J^k dJ). v.J r also completes the value,
/// as v.J r = sum of (-1)^(k-1) v.J^k v for k = 1..n. For n = 1 the gradients agree for every probe, for n above 1 in
/// the mean only. Memory does not grow with n.
/// </remarks>
public sealed class NeumannSeries : TruncatedSeries
{
    /// <summary>Sets up the series.</summary>
    /// <param name="terms">n, at least 1.</param>
    /// <param name="samples">Probes per example, at least 1.</param>
    /// <param name="probes">Where probes come from; by default random signs from torch's own generator.</param>
    public NeumannSeries(int terms, int samples = 1, Probes? probes = null)
        : base(terms, samples, probes ?? new RademacherProbes()) { }

    /// <inheritdoc/>
    public override LogDetEstimator Seeded(Generator generator) =>
        new NeumannSeries(Terms, Samples, Probes.Seeded(generator));

    /// <inheritdoc/>
    public override LogDetEstimator Shared(int part, int parts) =>
        new NeumannSeries(Terms, Samples, new SharedProbes(Probes, part, parts));

    private protected override Tensor QuadraticForms(Linearization g, Tensor v)
    {
        var r = v.clone();
        var value = zeros(v.size(0), dtype: v.dtype, device: v.device);
        using (no_grad())
        {
            var power = v.alias();
            for (int k = 1; k < Terms; k++)
            {
                double sign = k % 2 == 1 ? 1 : -1;
                using var used = power;
                power = g.Jvp(power);
                r.add_(power, alpha: -sign);
                // The last term's share is taken out here, because v.J r below brings all n terms with weight 1 / n.
                value.add_((power * v).flatten(1).sum(1), alpha: sign * (1.0 / k - 1.0 / Terms));
            }
        }
        var surrogate = (g.Jvp(r) * v).flatten(1).sum(1);
        return surrogate + (value + surrogate.detach() / Terms - surrogate.detach());
    }
}
