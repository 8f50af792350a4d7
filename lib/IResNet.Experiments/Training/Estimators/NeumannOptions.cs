namespace IResNet.Experiments.Training.Estimators;

/// <summary><see cref="NeumannSeries"/> with random signs.</summary>
public sealed record NeumannOptions : SeriesOptions
{
    /// <inheritdoc/>
    public override LogDetEstimator Create() => new NeumannSeries(Terms, Probes);
}
