namespace IResNet.Experiments.Training.Estimators;

/// <summary>
/// <see cref="PowerSeries"/> with Gaussian probes: the paper's Algorithm 2, differentiated term by term.
/// </summary>
public sealed record PowerSeriesOptions : SeriesOptions
{
    /// <inheritdoc/>
    public override LogDetEstimator Create() => new PowerSeries(Terms, Probes);
}
