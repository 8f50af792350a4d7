using IResNet.Experiments.Figures;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Benchmarking;

/// <summary>
/// Inverts latents of 32 test images after 250 training steps, to a largest error of 1e-6 against the inverse in
/// float64, or as close as 100 plain iterations come where rounding allows no 1e-6. For each solver the largest
/// tolerance that reaches this is taken; the case's time is the default solver's.
/// </summary>
internal static class InverseCase
{
    private const double Goal = 1e-6;
    private const string Default = "Chebyshev";
    private const double Slack = 1.25,
        LargestTolerance = 1e-5,
        LeastTolerance = 1e-8,
        Finer = 1.25;
    private const int Images = 32,
        TrainingSteps = 250,
        OfficialIterations = 100;

    /// <summary>The case of a model.</summary>
    public static BenchmarkCase Of(string name, FlowConfig config) => new(name, settings => Run(config, settings));

    private static Measurement Run(FlowConfig config, BenchmarkSettings settings)
    {
        using var trained = TrainedFlow.Of(config, TrainingSteps);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var flow = trained.Flow;
        // The weights as the official code evaluates; certified ones are a little smaller and invert faster.
        flow.Freeze(FrozenNorm.PowerIteration);
        var z = flow.WithEstimator(new NoLogDet()).LatentsOf(trained.Images(Images));
        Tensor exact;
        using (var twin = trained.InDouble())
            exact = twin.Transform.Inverse(z.to(ScalarType.Float64), new FixedPoint(1e-13)).Value;

        InverseResult Official() => flow.Transform.Inverse(z, FixedPoint.Iterations(OfficialIterations));
        double floor = Error(Official(), exact),
            goal = Math.Max(Goal, Slack * floor);
        var details = new Dictionary<string, double> { ["goal"] = goal, ["iterations_100_max_error"] = floor };
        Timing? main = null;
        double operations = 0;
        foreach (var (name, create) in SolverRun.Solvers)
        {
            var (timing, evaluations) = Measure(
                name.Replace(' ', '_').ToLowerInvariant(),
                create,
                flow,
                z,
                exact,
                goal,
                details,
                settings.Budget
            );
            if (name == Default)
                (main, operations) = (timing, Images * ChainCost.Of(flow) * evaluations / flow.ResidualBlocks.Count);
        }
        var official = Timing.Of(() => Official().Value.Dispose(), settings.Budget / 4);
        details["iterations_100_min_s"] = official.Min;
        details["largest_lipschitz_bound"] = flow.ResidualBlocks.Max(block => block.Branch.LipschitzBound());
        return new(main!)
        {
            Operations = operations,
            Backends = flow.Explain(trained.Images(Images)),
            Details = details,
        };
    }

    private static (Timing, double) Measure(
        string name,
        Func<double, InverseSolver> create,
        Flow flow,
        Tensor z,
        Tensor exact,
        double goal,
        Dictionary<string, double> details,
        TimeSpan budget
    )
    {
        double tolerance = LargestTolerance,
            error = double.PositiveInfinity;
        InverseResult result = null!;
        while (error > goal && tolerance > LeastTolerance)
        {
            using var scope = NewDisposeScope();
            try
            {
                result = flow.Transform.Inverse(z, create(tolerance / Finer));
            }
            catch (NonConvergenceException) when (double.IsFinite(error))
            {
                // Rounding ends the search; the report says how far it came.
                break;
            }
            (tolerance, error) = (tolerance / Finer, Error(result, exact));
        }
        var timing = Timing.Of(() => flow.Transform.Inverse(z, create(tolerance)).Value.Dispose(), budget);
        details[$"{name}_min_s"] = timing.Min;
        details[$"{name}_max_error"] = error;
        details[$"{name}_tolerance"] = tolerance;
        details[$"{name}_evaluations_a_block"] = (double)result.Iterations / flow.ResidualBlocks.Count;
        if (double.IsFinite(result.ErrorBound))
            details[$"{name}_certified_error"] = result.ErrorBound;
        return (timing, result.Iterations);
    }

    private static double Error(InverseResult result, Tensor exact)
    {
        using var scope = NewDisposeScope();
        return (result.Value.to(ScalarType.Float64) - exact).abs().max().ToDouble();
    }
}
