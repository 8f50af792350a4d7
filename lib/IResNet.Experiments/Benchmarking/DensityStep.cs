using IResNet.Experiments.Training;
using IResNet.Experiments.Training.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Benchmarking;

/// <summary>
/// A training step of a density model: bits/dim of a batch, its gradient and Adamax, as the paper trains.
/// </summary>
internal static class DensityStep
{
    private const double LearningRate = 3e-3;

    /// <summary>The case of a model at a batch size.</summary>
    public static BenchmarkCase Of(string name, FlowConfig config, int batch, int terms = 5) =>
        new(name, settings => Run(config, batch, terms, settings));

    /// <summary>Measures one configuration.</summary>
    public static Measurement Run(FlowConfig config, int batch, int terms, BenchmarkSettings settings)
    {
        using var flow = new MultiscaleFlow(config);
        flow.WithEstimator(settings.Series(terms));
        flow.train();
        using var x = rand(batch, config.Input.Channels, config.Input.Height, config.Input.Width).sub_(0.5);
        var options = new DensityTrainingOptions { Optimizer = new AdamaxOptions(), LearningRate = LearningRate };
        var (timing, loss) = TrainingStep.Measure(
            flow,
            options,
            () => BitsPerDimension.Of(flow.forward(x), flow.Dimensions).mean(),
            settings.Budget
        );
        // Forward 1 and its backward 2; then the series.
        int chains = 3 + settings.Passes(terms);
        double operations =
            batch * chains * ChainCost.Of(flow) + config.SpectralNorm.PowerIterations * ChainCost.PowerIteration(flow);
        return new(timing)
        {
            Operations = operations,
            Backends = flow.Explain(x),
            Details = new Dictionary<string, double> { ["loss_bits_per_dim"] = loss },
        };
    }
}
