using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training.Estimators;

/// <summary>
/// <see cref="PowerSeries"/> with Gaussian probes: the paper's Algorithm 2, differentiated term by term.
/// </summary>
public sealed record PowerSeriesOptions : SeriesOptions
{
    /// <inheritdoc/>
    public override LogDetEstimator Create(Generator generator) =>
        new PowerSeries(Terms, Probes, new GaussianProbes(generator));
}
