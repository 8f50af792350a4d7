using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Configuration;

/// <summary>The model of an experiment. Disposing frees its tensors.</summary>
/// <param name="Module">All of it.</param>
/// <param name="Flow">Its invertible part; the model itself for densities.</param>
public sealed record TrainedModel(nn.Module Module, Flow Flow) : IDisposable
{
    /// <summary>As a classifier; null if it is none.</summary>
    public Classifier? Classifier => Module as Classifier;

    /// <inheritdoc/>
    public void Dispose() => Module.Dispose();
}
