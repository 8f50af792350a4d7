using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training.Estimators;

/// <summary><see cref="NeumannSeries"/> with random signs.</summary>
public sealed record NeumannOptions : SeriesOptions
{
    /// <inheritdoc/>
    public override LogDetEstimator Create(Generator generator) =>
        new NeumannSeries(Terms, Probes, new RademacherProbes(generator));
}
