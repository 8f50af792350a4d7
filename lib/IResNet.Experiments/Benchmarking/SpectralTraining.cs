using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Benchmarking;

/// <summary>
/// How far below the norms power iteration stays during a training: estimate / exact for every layer at intervals, by
/// warm-started iterations per step. Five, in this order and from one step's vectors to the next, is what the official
/// density code does.
/// </summary>
internal static class SpectralTraining
{
    private const int ExactIterations = 400;
    private static readonly int[] IterationsAStep = [1, 5, 15];
    private static readonly int[] Checkpoints = [50, 100, 200, 300];

    /// <summary>The case of a model; its time is that of one exact norm of all layers.</summary>
    public static BenchmarkCase Of(string name, FlowConfig config) => new(name, _ =>
        {
            var details = new Dictionary<string, double>();
            var times = new List<double>();
            foreach (int iterations in IterationsAStep)
                TrainedFlow
                    .Train(config.With(iterations), Checkpoints, (flow, step) =>
                        times.AddRange(Timing.Once(() => Record(flow, $"pi{iterations}_step{step}", details)).Seconds)
                    )
                    .Dispose();
            return new(new(times)) { Details = details };
        });

    private static void Record(Flow flow, string prefix, Dictionary<string, double> details)
    {
        var layers = flow
            .ResidualBlocks.SelectMany(
                (block, b) =>
                    block.Branch.Layers.Select(
                        (layer, i) => (Key: $"block{b + 1}_layer{i + 1}", Layer: (SpectralConv2d)layer)
                    )
            )
            .ToList();
        var norms = layers.Select(entry => Norms(entry.Layer)).ToList();
        foreach (var ((key, _), norm) in layers.Zip(norms))
            details[$"{prefix}_{key}"] = norm.Estimate / norm.Exact;
        foreach (var group in layers.Zip(norms).GroupBy(entry => entry.First.Layer.Kernel))
        {
            var ratios = group.Select(entry => entry.Second.Estimate / entry.Second.Exact).ToList();
            (details[$"{prefix}_{group.Key}x{group.Key}_min"], details[$"{prefix}_{group.Key}x{group.Key}_mean"]) = (
                ratios.Min(),
                ratios.Average()
            );
            details[$"{prefix}_{group.Key}x{group.Key}_largest_norm"] = group.Max(entry => entry.Second.Effective);
        }
    }

    /// <summary>
    /// sigma as the next step will see it, the operator's norm, and what the norm is once the weight is divided by that
    /// sigma.
    /// </summary>
    private static (double Estimate, double Exact, double Effective) Norms(SpectralConv2d layer)
    {
        using var noGrad = no_grad();
        using var twin = new SpectralConv2d(
            (int)layer.Weight.size(1),
            (int)layer.Weight.size(0),
            layer.Kernel,
            layer.NormHeight,
            layer.NormWidth,
            layer.Options
        );
        twin.to(ScalarType.Float64);
        twin.Weight.copy_(layer.Weight);
        twin.U.copy_(layer.U);
        twin.V.copy_(layer.V);
        twin.PowerIteration(layer.Options.PowerIterations);
        double estimate = twin.Sigma.ToDouble();
        twin.PowerIteration(ExactIterations);
        double exact = twin.Sigma.ToDouble();
        return (estimate, exact, exact / Math.Max(1, estimate / layer.Options.Coefficient));
    }
}
