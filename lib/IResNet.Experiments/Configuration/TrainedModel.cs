using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Configuration;

/// <summary>The model of an experiment. Disposing frees its tensors.</summary>
/// <param name="Module">All of it.</param>
/// <param name="Invertible">Its invertible part: the model itself for densities, null for a baseline that has
/// none.</param>
public sealed record TrainedModel(nn.Module Module, Flow? Invertible) : IDisposable
{
    /// <summary>As <see cref="Invertible"/>.</summary>
    /// <exception cref="ConfigurationException">The model has no invertible part.</exception>
    public Flow Flow =>
        Invertible
        ?? throw new ConfigurationException(
            $"A {Module.GetName()} has no invertible part: there is nothing to invert, to certify or to sample from."
        );

    /// <summary>As an i-ResNet classifier; null if it is none.</summary>
    public Classifier? Classifier => Module as Classifier;

    /// <summary>How many numbers training changes.</summary>
    public long Parameters =>
        Module.parameters().Where(parameter => parameter.requires_grad).Sum(parameter => parameter.numel());

    /// <summary>Evaluation mode; the invertible part at certified norms.</summary>
    internal void Freeze()
    {
        Module.eval();
        Invertible?.Freeze();
    }

    /// <inheritdoc/>
    public void Dispose() => Module.Dispose();
}
