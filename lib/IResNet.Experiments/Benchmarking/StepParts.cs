using IResNet.Experiments.Training;
using IResNet.Experiments.Training.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Benchmarking;

/// <summary>
/// Where the time of a density model's training step goes: the step is timed as it grows by one part after the other,
/// and each part is what it adds.
/// </summary>
public static class StepParts
{
    /// <summary>Measures the parts.</summary>
    /// <param name="config">The model.</param>
    /// <param name="batch">Images per batch.</param>
    /// <param name="terms">Terms of the log-determinant's series.</param>
    /// <param name="settings">The estimator; its budget is that of each part.</param>
    /// <returns>
    /// Spectral normalization, residual branches forward, log-determinant forward, all backward, optimiser: their times
    /// are the differences of least times, so one can come out a little below 0 where it is small, and they add up to
    /// the step's.
    /// </returns>
    public static IReadOnlyList<StepPart> Measure(FlowConfig config, int batch, int terms, BenchmarkSettings settings)
    {
        using var flow = new MultiscaleFlow(config);
        flow.train();
        using var x = rand(batch, config.Input.Channels, config.Input.Height, config.Input.Width).sub_(0.5);
        SpectralLayer[] layers = [.. flow.ResidualBlocks.SelectMany(block => block.Branch.Layers)];
        Tensor Loss() => BitsPerDimension.Of(flow.forward(x), flow.Dimensions).mean();
        double Seconds(Action work) =>
            Timing
                .Of(
                    () =>
                    {
                        using var scope = NewDisposeScope();
                        work();
                    },
                    settings.Budget
                )
                .Min;

        double normalized = Seconds(() => SpectralStep.Begin(layers).Dispose());
        flow.WithEstimator(new NoLogDet());
        double forward = Seconds(() => Loss());
        flow.WithEstimator(settings.Series(terms));
        double series = Seconds(() => Loss());
        double backward = Seconds(() =>
        {
            flow.zero_grad();
            Loss().backward();
        });
        double step = TrainingStep
            .Measure(flow, new DensityTrainingOptions { Optimizer = new AdamaxOptions() }, Loss, settings.Budget)
            .timing.Min;
        return
        [
            new("spectral normalization", normalized),
            new("residual branches", forward - normalized),
            new("log-determinant", series - forward),
            new("backward", backward - series),
            new("optimiser", step - backward),
        ];
    }
}

/// <summary>A part of a training step.</summary>
/// <param name="Name">What is done.</param>
/// <param name="Seconds">What it adds to the step.</param>
public sealed record StepPart(string Name, double Seconds);
