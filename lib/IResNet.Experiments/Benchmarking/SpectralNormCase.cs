using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Benchmarking;

/// <summary>
/// One training step's normalization of all layers of a model: power iterations, effective weights and their gradient.
/// </summary>
internal static class SpectralNormCase
{
    /// <summary>The case of a model.</summary>
    public static BenchmarkCase Of(string name, FlowConfig config) => new(name, settings =>
        {
            using var flow = new MultiscaleFlow(config);
            flow.train();
            SpectralLayer[] layers = [.. flow.ResidualBlocks.SelectMany(block => block.Branch.Layers)];
            var timing = Timing.Of(
                () =>
                {
                    using var scope = NewDisposeScope();
                    flow.zero_grad();
                    using var step = SpectralStep.Begin(layers);
                    layers.Select(layer => layer.EffectiveWeight().sum()).Aggregate((a, b) => a + b).backward();
                },
                settings.Budget
            );
            return new(timing) { Operations = config.SpectralNorm.PowerIterations * ChainCost.PowerIteration(flow) };
        });
}
