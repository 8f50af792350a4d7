using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Benchmarking;

/// <summary>
/// Evaluation of log-determinants after 250 training steps: seconds for a batch and error against the full Jacobian, by
/// the number of products per block. The paper's series with one Gaussian probe, and Arnoldi's process with coloured
/// random signs.
/// </summary>
internal static class LogDetCase
{
    private const int Images = 32,
        TrainingSteps = 250,
        Trials = 8;
    private static readonly int[] Terms = [1, 2, 3, 5, 8, 10, 15, 20];
    private static readonly (int Steps, int Stride)[] FlowPlans = [(2, 1), (3, 1), (3, 2)];
    private static readonly (int Steps, int Stride)[] Plans =
    [
        (2, 1),
        (3, 1),
        (4, 1),
        (3, 2),
        (4, 2),
        (3, 3),
        (4, 3),
        (5, 3),
    ];

    /// <summary>All blocks of a model at once; the error is that of ln p(x) of an image.</summary>
    /// <param name="name">The case's name.</param>
    /// <param name="config">The model.</param>
    /// <param name="exactImages">Images for which the exact value is found; costs d products each.</param>
    public static BenchmarkCase OfFlow(string name, FlowConfig config, int exactImages) => new(name, settings =>
        {
            using var trained = TrainedFlow.Of(config, TrainingSteps);
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var flow = trained.Flow.Freeze();
            var x = trained.Images(Images);
            var few = x.narrow(0, 0, exactImages);
            Tensor Evaluate(Tensor images, LogDetEstimator estimator) =>
                flow.LogProbTerms(images, _ => estimator).logDet.to(ScalarType.Float64);
            var exact = stack([.. few.split(1).Select(image => Evaluate(image, new ExactLogDet()).squeeze(0))]);
            double cost = ChainCost.Of(flow);

            var details = new Dictionary<string, double>();
            var timing = new Timing([0]);
            foreach (int terms in Terms)
            {
                timing = Timing.Of(() => Evaluate(x, new PowerSeries(terms)).Dispose(), settings.Budget / 4);
                details[$"series_{terms}_s"] = timing.Min;
                details[$"series_{terms}_rms_error_nats"] = Error(() => Evaluate(few, new PowerSeries(terms)), exact);
            }
            double operations = Images * cost * (1 + Terms[^1]);
            foreach (var (steps, stride) in FlowPlans)
            {
                Tensor All(Tensor images) => flow.LogProbTerms(images, new Coloured(steps, stride)).logDet.Value;
                string plan = $"arnoldi_{steps}_stride_{stride}";
                details[$"{plan}_products_a_block"] = flow.ResidualBlocks.Average(block =>
                    steps * Colours(block, stride)
                );
                details[$"{plan}_s"] = Timing.Of(() => All(x).Dispose(), settings.Budget / 4).Min;
                details[$"{plan}_rms_error_nats"] = Error(() => All(few), exact);
            }
            return new(timing) { Operations = operations, Details = details };
        });

    /// <summary>
    /// The third block of a model: what the two parts of the method do, and what a stated error costs.
    /// </summary>
    public static BenchmarkCase OfBlock(string name, FlowConfig config, double statedError) => new(name, settings =>
        {
            using var trained = TrainedFlow.Of(config, TrainingSteps);
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var flow = trained.Flow.Freeze();
            var block = flow.ResidualBlocks[2];
            flow.WithEstimator(new NoLogDet());
            var input = flow
                .Transform.Bijections.TakeWhile(part => part != block)
                .Aggregate(trained.Images(Images), (x, part) => part.forward(x).y);
            var g = block.Branch.Linearize(input);
            var exact = new ExactLogDet().Estimate(g).to(ScalarType.Float64);
            var details = new Dictionary<string, double>
            {
                ["dimensions"] = g.Dimensions,
                ["lipschitz_bound"] = g.LipschitzBound,
            };
            foreach (var (steps, stride) in Plans)
            {
                int colours = new ColouredProbes(stride).Colours(g.Shape);
                string plan = $"arnoldi_{steps}_colours_{colours}";
                var arnoldi = new Arnoldi(steps, colours, new ColouredProbes(stride));
                details[$"{plan}_products"] = steps * colours;
                details[$"{plan}_rms_error_nats"] = Error(() => arnoldi.Evaluate(g).Value, exact);
                details[$"{plan}_bias_bound_nats"] = arnoldi.Evaluate(g).BiasBound;
            }
            foreach (int terms in new[] { 5, 20 })
                details[$"series_{terms}_rms_error_nats"] = Error(
                    () => new PowerSeries(terms).Estimate(g).to(ScalarType.Float64),
                    exact
                );
            LogDetEstimate stated = null!;
            var timing = Timing.Of(
                () => (stated = new AdaptiveLogDet(statedError).Evaluate(g)).Value.Dispose(),
                settings.Budget
            );
            details["stated_error_nats"] = statedError;
            details["stated_products"] = stated.Products;
            details["stated_standard_error_nats"] = stated.StandardError;
            details["stated_bias_bound_nats"] = stated.BiasBound;
            details["stated_rms_error_nats"] = Error(() => new AdaptiveLogDet(statedError).Evaluate(g).Value, exact);
            return new(timing) { Details = details };
        });

    private static double Error(Func<Tensor> estimate, Tensor exact)
    {
        using var scope = NewDisposeScope();
        return Math.Sqrt(Enumerable.Range(0, Trials).Average(_ => (estimate() - exact).square().mean().ToDouble()));
    }

    private static int Colours(ResidualBlock block, int stride)
    {
        var shape = ((ConvBranch)block.Branch).Shape;
        return new ColouredProbes(stride).Colours([1, shape.Channels, shape.Height, shape.Width]);
    }

    /// <summary>Arnoldi's process with one probe for each colour of a block's dimensions.</summary>
    private sealed class Coloured(int steps, int stride) : LogDetEvaluator
    {
        private readonly ColouredProbes _probes = new(stride);

        public override LogDetEstimate Evaluate(Linearization g) =>
            new Arnoldi(steps, _probes.Colours(g.Shape), _probes).Evaluate(g);
    }
}
