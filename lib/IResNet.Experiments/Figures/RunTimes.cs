using IResNet.Experiments.Benchmarking;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Figures;

/// <summary>
/// The run-times that the paper states, measured on a smaller network with the same blocks: what spectral normalization
/// costs a classifier's step, what a log-determinant of five terms costs beside it (section 3.3), and what inverting
/// costs by iterations.
/// </summary>
public sealed class RunTimes
{
    private const int Terms = 5,
        NormIterations = 30;
    private readonly FlowConfig _config;
    private readonly BenchmarkSettings _settings;

    /// <summary>For a network.</summary>
    /// <param name="config">Its body; by default 3x32x32 padded to 16 channels, three stages of four blocks of 32
    /// channels.</param>
    /// <param name="secondsEach">How long each measurement repeats its work.</param>
    public RunTimes(FlowConfig? config = null, double secondsEach = 0.5)
    {
        _config = (config ?? BenchmarkModels.CifarClassifier).With(powerIterations: 1);
        _settings = new(TimeSpan.FromSeconds(secondsEach));
    }

    /// <summary>Seconds of a classifier's training step, normalized with one power iteration and not.</summary>
    /// <param name="batch">Images per batch.</param>
    public (double Normalized, double Free) ClassifierSteps(int batch)
    {
        var free = _config with { SpectralNorm = _config.SpectralNorm with { Enabled = false } };
        double[] quickest = InTurn(config => ClassifierStep.Run(config, batch, _settings).Timing.Min, _config, free);
        return (quickest[0], quickest[1]);
    }

    /// <summary>
    /// Seconds of forward and backward through the body without log-determinant, with this library's gradient of it,
    /// and with the paper's.
    /// </summary>
    /// <param name="batch">Images per batch.</param>
    public (double Without, double Neumann, double Paper) LogDetSteps(int batch)
    {
        using var flow = new SingleScaleFlow(_config);
        flow.train();
        using var x = Images(batch);
        double Seconds(LogDetEstimator estimator)
        {
            flow.WithEstimator(estimator);
            return Timing
                .Of(
                    () =>
                    {
                        using var scope = NewDisposeScope();
                        flow.zero_grad();
                        flow.forward(x).mean().backward();
                    },
                    _settings.Budget
                )
                .Min;
        }
        LogDetEstimator[] estimators = [new NoLogDet(), new NeumannSeries(Terms), new PowerSeries(Terms)];
        double[] quickest = InTurn(Seconds, estimators);
        return (quickest[0], quickest[1], quickest[2]);
    }

    /// <summary>
    /// Seconds to invert a batch with fixed numbers of iterations per block, and the largest error of the result;
    /// untrained weights scaled to their bound.
    /// </summary>
    /// <param name="batch">Images per batch.</param>
    /// <param name="iterations">Iterations per block.</param>
    public IReadOnlyList<(int Iterations, double Seconds, double Error)> Inverses(int batch, params int[] iterations)
    {
        using var flow = new SingleScaleFlow(_config);
        using var noGrad = no_grad();
        foreach (var layer in flow.ResidualBlocks.SelectMany(block => block.Branch.Layers))
        {
            layer.Weight.mul_(10);
            layer.PowerIteration(NormIterations);
        }
        using var x = Images(batch);
        flow.train();
        flow.WithEstimator(new NoLogDet()).LatentsOf(x).Dispose();
        flow.Freeze(FrozenNorm.PowerIteration);
        using var z = flow.LatentsOf(x);
        return
        [
            .. iterations.Select(count =>
            {
                using var found = flow.Transform.Inverse(z, FixedPoint.Iterations(count)).Value;
                // Once: the run before has warmed up, and a hundred iterations take long.
                double seconds = Timing
                    .Once(() => flow.Transform.Inverse(z, FixedPoint.Iterations(count)).Value.Dispose())
                    .Min;
                using var difference = found - x;
                return (count, seconds, difference.ReadLargest());
            }),
        ];
    }

    /// <summary>
    /// The shortest of two times of each, taken in turn: what runs first also pays for compilation, and a machine
    /// that changes its speed changes it for all.
    /// </summary>
    private static double[] InTurn<T>(Func<T, double> seconds, params T[] all)
    {
        double[] first = [.. all.Select(seconds)];
        return [.. all.Select((one, i) => Math.Min(first[i], seconds(one)))];
    }

    private Tensor Images(int batch) =>
        rand(batch, _config.Input.Channels, _config.Input.Height, _config.Input.Width, device: CPU)
            .sub_(0.5)
            .DetachFromDisposeScope();
}
