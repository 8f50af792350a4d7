namespace IResNet.Cpu;

/// <summary>A series whose number of terms has been drawn, and where its probes come from.</summary>
/// <param name="Weights">The weights of its terms.</param>
/// <param name="Samples">Probes per example.</param>
/// <param name="Probes">Where they come from.</param>
internal sealed record DrawnSeries(WeightedSeries Weights, int Samples, Probes Probes)
{
    /// <summary>Of an estimator; null where it is no series.</summary>
    /// <param name="estimator">The estimator.</param>
    /// <param name="branch">The branch.</param>
    /// <param name="shape">The batch's shape.</param>
    public static DrawnSeries? Of(LogDetEstimator estimator, ResidualBranch branch, IReadOnlyList<long> shape) =>
        estimator switch
        {
            NeumannSeries series => new(series.Weights, SamplesOf(series, shape), series.Probes),
            RussianRoulette roulette => new(roulette.DrawWeights(branch), SamplesOf(roulette, shape), roulette.Probes),
            _ => null,
        };

    /// <summary>Probes per example of an estimator; 1 where it is no series, as for the values alone.</summary>
    /// <param name="estimator">The estimator.</param>
    /// <param name="shape">The batch's shape.</param>
    public static int SamplesOf(LogDetEstimator estimator, IReadOnlyList<long> shape) =>
        estimator switch
        {
            NeumannSeries series => series.Samples,
            RussianRoulette roulette => roulette.Probes.Complete(shape),
            _ => 1,
        };

    /// <summary>
    /// A batch once for each probe: an example with several probes is several examples, of which all but the first give
    /// an estimate only. Their values cost a third of what a probe costs anyway.
    /// </summary>
    public Tensor Repeat(Tensor x) =>
        Samples == 1 ? x : x.repeat([Samples, .. Enumerable.Repeat(1L, (int)x.dim() - 1)]);

    /// <summary>A probe for each example of a repeated batch.</summary>
    public Tensor Draw(Tensor repeated) =>
        Probes.DrawFor(Samples, [repeated.size(0) / Samples, .. repeated.shape.Skip(1)], repeated).contiguous();

    /// <summary>Of what came of a repeated batch, the first values and the mean estimates.</summary>
    public (Tensor y, Tensor logDet) Mean(Tensor y, Tensor logDet) =>
        Samples == 1
            ? (y, logDet)
            : (y.narrow(0, 0, y.size(0) / Samples), logDet.view(Samples, -1).mean([0]));
}
