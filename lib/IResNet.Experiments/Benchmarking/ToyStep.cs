using IResNet.Experiments.Training;
using IResNet.Experiments.Training.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Benchmarking;

/// <summary>
/// A training step of the flow for 2-D densities (Figure 2): negative log-likelihood, its gradient and Adam.
/// </summary>
internal static class ToyStep
{
    private const double LearningRate = 1e-3;

    /// <summary>The case of a number of blocks, with the exact log-determinant or with terms of the series.</summary>
    public static BenchmarkCase Of(string name, int blocks, int batch, int? terms = null) =>
        new(name, settings => Run(blocks, batch, terms, settings));

    private static Measurement Run(int blocks, int batch, int? terms, BenchmarkSettings settings)
    {
        using var flow = new ToyFlow(blocks);
        if (terms is int n)
            flow.WithEstimator(settings.Series(n));
        flow.train();
        using var x = randn(batch, 2);
        var options = new ToyTrainingOptions { Optimizer = new AdamOptions(), LearningRate = LearningRate };
        var (timing, _) = TrainingStep.Measure(flow, options, () => -flow.forward(x).mean(), settings.Budget);
        // Exact: two tangents, each with its gradient.
        int chains = 3 + (terms is int k ? settings.Passes(k) : 2 * 3);
        int iterations = flow.ResidualBlocks[0].Branch.Layers[0].Options.PowerIterations;
        return new(timing)
        {
            Operations = batch * chains * ChainCost.Of(flow) + iterations * ChainCost.PowerIteration(flow),
            Backends = flow.Explain(x),
        };
    }
}
