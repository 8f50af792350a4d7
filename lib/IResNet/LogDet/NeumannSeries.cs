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
        : base(terms, samples, probes ?? new RademacherProbes()) => Weights = WeightsOf(Terms);

    /// <summary>The weights of the terms.</summary>
    public WeightedSeries Weights { get; }

    /// <inheritdoc/>
    public override LogDetEstimator Seeded(Generator generator) =>
        new NeumannSeries(Terms, Samples, Probes.Seeded(generator));

    /// <inheritdoc/>
    public override LogDetEstimator Shared(int part, int parts) =>
        new NeumannSeries(Terms, Samples, new SharedProbes(Probes, part, parts));

    private protected override Tensor QuadraticForms(Linearization g, Tensor v) => Weights.Estimate(g, v);

    private static WeightedSeries WeightsOf(int terms)
    {
        var powers = Enumerable.Range(1, terms - 1).ToList();
        // The last term's share is taken out here, because v.J r brings all n terms with weight 1 / n.
        return new(
            [.. powers.Select(k => PowerSeries.Coefficient(k) * (1 - (double)k / terms))],
            [.. powers.Select(k => k % 2 == 0 ? 1.0 : -1.0)],
            1.0 / terms
        );
    }
}
