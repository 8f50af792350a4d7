using IResNet.Experiments.Data;
using IResNet.Experiments.Training;
using IResNet.Experiments.Training.Estimators;

namespace IResNet.Tests.Programs.Experiments.Training;

public class DensityTrainingTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LikelihoodRisesAndTheResultSaysHowItWasMeasured()
    {
        using var flow = Tiny.Flow();
        var run = await DensityTraining.Run(
            flow,
            Tiny.Corners(),
            Tiny.Options with
            {
                Steps = 100,
                EvaluateEvery = 50,
            },
            cancel: Cancel
        );

        Assert.Equal((TrainingOutcome.Finished, 100L, 100), (run.Outcome, run.Steps, run.Losses.Count));
        Assert.True(run.Losses.TakeLast(10).Average() < run.Losses.Take(10).Average() - 0.3, "the loss did not fall");
        Assert.Equal([50, 100], run.Evaluations.Select(evaluation => evaluation.Step));
        Assert.Equal(run.Evaluations[1].Result, run.Test);
        Assert.Equal(
            (32, 10, Tiny.Shape, "1x8x8, d = 64"),
            (run.Test!.Images, run.Test.Terms, run.Test.Shape, run.Test.Convention)
        );
        Assert.InRange(run.Test.BitsPerDim, 4, run.Losses[0]);
        Assert.InRange(run.Test.HalfWidth, 1e-3, 0.2);
        Assert.InRange(run.Test.BiasBound, 1e-6, 0.1);
        Assert.Contains("d = 64", run.Test.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheTrainedFlowIsReadyToSample()
    {
        using var flow = Tiny.Flow();
        await DensityTraining.Run(flow, Tiny.Corners(), Tiny.Options, cancel: Cancel);
        using var scope = NewDisposeScope();
        Assert.Equal([4, 1, 8, 8], flow.Sample(4).shape);
        // Its own estimators are back, with random streams that still live.
        Assert.Equal([2], flow.forward(zeros(2, 1, 8, 8)).shape);
    }

    [Fact]
    public async Task EqualSeedsGiveEqualRunsAndOthersDoNot()
    {
        async Task<(double[] losses, Tensor state)> Run(ulong seed)
        {
            var flow = Tiny.Flow();
            manual_seed(123 + (long)seed); // nothing in a run may come from torch's own generator
            var run = await DensityTraining.Run(
                flow,
                Tiny.Corners(),
                Tiny.Options with
                {
                    Seed = seed,
                },
                cancel: Cancel
            );
            return ([.. run.Losses, run.Test!.BitsPerDim], Tiny.State(flow));
        }
        var (first, again, other) = (await Run(1), await Run(1), await Run(2));
        Assert.Equal(first.losses, again.losses);
        Assert.Equal(0, Expect.MaxAbs(first.state - again.state));
        Assert.NotEqual(first.losses[0], other.losses[0]);
    }

    /// <summary>
    /// The flow's own estimator trains and evaluates, unless the options name a series; it is the flow's all along.
    /// </summary>
    [Theory, InlineData(false), InlineData(true)]
    public async Task TheFlowsOwnEstimatorIsUsed(bool named)
    {
        using var flow = Tiny.Flow();
        var own = new Counted();
        flow.WithEstimator(own);
        var options = Tiny.Options with
        {
            Steps = 3,
            Estimator = named ? new NeumannOptions { Terms = 3 } : null,
            EvaluationTerms = named ? 10 : null,
        };
        var run = await DensityTraining.Run(flow, Tiny.Corners(), options, cancel: Cancel);
        // Four blocks: three steps, and one batch of the evaluation.
        Assert.Equal(named ? 0 : 4 * (3 + 1), own.Calls);
        Assert.Equal(named ? "PowerSeries" : "Counted", run.Test!.Estimator);
        Assert.All(flow.ResidualBlocks, block => Assert.Same(own, block.Estimator));
    }

    /// <summary>
    /// Also a flow's own random estimator draws from the run's seed; one that has a generator of its own keeps it.
    /// </summary>
    [Fact]
    public async Task TheFlowsOwnEstimatorIsSeeded()
    {
        async Task<IReadOnlyList<double>> Losses(long global, Probes probes)
        {
            using var flow = Tiny.Flow();
            flow.WithEstimator(new PowerSeries(3, 1, probes));
            manual_seed(global);
            var options = Tiny.Options with { Steps = 3, Estimator = null };
            return (await DensityTraining.Run(flow, Tiny.Corners(), options, cancel: Cancel)).Losses;
        }
        var losses = await Losses(1, new GaussianProbes());
        Assert.Equal(losses, await Losses(2, new GaussianProbes()));
        Assert.NotEqual(losses, await Losses(1, new GaussianProbes(new Generator(9))));
    }

    [Fact]
    public async Task EveryStepIsToldInOrder()
    {
        var events = new List<TrainingEvent>();
        using var flow = Tiny.Flow();
        await DensityTraining.Run(
            flow,
            Tiny.Corners(),
            Tiny.Options with
            {
                EvaluateEvery = 10,
            },
            TrainingSink.Of(events.Add),
            Cancel
        );
        var steps = events.OfType<StepEvent>().ToList();
        Assert.Equal(Enumerable.Range(1, 20).Select(step => (long)step), steps.Select(step => step.Step));
        Assert.All(steps, step =>
            Assert.Equal(
                (20L, true),
                (step.TotalSteps, double.IsFinite(step.Loss) && step.GradientNorm > 0 && step.MemoryBytes > 0)
            )
        );
        Assert.Equal([10, 20, 20], events.OfType<EvaluationEvent>().Select(evaluation => evaluation.Step));
        Assert.Equal(TimeSpan.Zero, steps[^1].Remaining);
        Assert.True(steps[^1].ExamplesPerSecond > 0);
    }

    [Fact]
    public async Task ACancelledTrainingGivesWhatItHas()
    {
        using var stop = new CancellationTokenSource();
        using var flow = Tiny.Flow();
        var sink = TrainingSink.OfSteps(step =>
        {
            if (step.Step == 7)
                stop.Cancel();
        });
        var run = await DensityTraining.Run(
            flow,
            Tiny.Corners(),
            Tiny.Options with
            {
                Steps = 1_000_000,
            },
            sink,
            stop.Token
        );
        Assert.Equal((TrainingOutcome.Cancelled, 7L, 7), (run.Outcome, run.Steps, run.Losses.Count));
        Assert.Null(run.Test);
        using var sample = flow.Sample(1);
        Assert.True(isfinite(sample).all().ToBoolean());
    }

    [Fact]
    public async Task TheClockEndsARun()
    {
        using var flow = Tiny.Flow();
        var run = await DensityTraining.Run(
            flow,
            Tiny.Corners(),
            Tiny.Options with
            {
                Steps = null,
                Seconds = 0.5,
            },
            cancel: Cancel
        );
        Assert.Equal(TrainingOutcome.Finished, run.Outcome);
        Assert.InRange(run.Seconds, 0.5, 30);
    }

    [Fact]
    public async Task TheAverageIsEvaluatedAndKept()
    {
        using var plain = Tiny.Flow();
        using var averaged = Tiny.Flow();
        var without = await DensityTraining.Run(plain, Tiny.Corners(), Tiny.Options, cancel: Cancel);
        var with = await DensityTraining.Run(
            averaged,
            Tiny.Corners(),
            Tiny.Options with
            {
                AverageDecay = 0.9,
            },
            cancel: Cancel
        );
        Assert.Equal(without.Losses, with.Losses);
        Assert.NotEqual(without.Test, with.Test);
    }

    [Fact]
    public async Task MemoryStaysFlat()
    {
        using var flow = Tiny.Flow();
        var counts = new List<long>();
        GC.Collect();
        GC.WaitForPendingFinalizers(); // of what other tests left
        var sink = TrainingSink.OfSteps(_ => counts.Add(Tensor.TotalCount));
        LiveTensors.Collect();
        long before = Tensor.TotalCount;
        await DensityTraining.Run(
            flow,
            Tiny.Corners(),
            Tiny.Options with
            {
                Steps = 50,
                AverageDecay = 0.99,
                EvaluateEvery = 10,
            },
            sink,
            Cancel
        );
        Assert.Equal(counts[1], counts[^1]);
        // The frozen weights, each with a copy of what it was computed from.
        Assert.InRange(Tensor.TotalCount - before, 0, flow.ResidualBlocks.Count * 3 * 2);
    }

    [Fact]
    public async Task ImpossibleOptionsAreRefusedBeforeAnythingStarts()
    {
        using var flow = Tiny.Flow();
        var data = Tiny.Corners();
        Task Run(DensityTrainingOptions options) => DensityTraining.Run(flow, data, options, cancel: Cancel);
        Assert.Contains(
            "Give Steps, Seconds or both",
            (await Assert.ThrowsAsync<ArgumentException>(() => Run(Tiny.Options with { Steps = null }))).Message
        );
        Assert.Contains(
            "LearningRate is NaN",
            (
                await Assert.ThrowsAsync<ArgumentException>(() => Run(Tiny.Options with { LearningRate = double.NaN }))
            ).Message
        );
        Assert.Contains(
            "Terms is 0",
            (
                await Assert.ThrowsAsync<ArgumentException>(() =>
                    Run(Tiny.Options with { Estimator = new NeumannOptions { Terms = 0 } })
                )
            ).Message
        );
        await Assert.ThrowsAsync<ArgumentException>(() => Run(Tiny.Options with { Batch = 100_000 }));
        await Assert.ThrowsAsync<ArgumentException>(() =>
            DensityTraining.Run(flow, data, Tiny.Options, cancel: Cancel, preprocessing: new Preprocessing())
        );
        await Assert.ThrowsAsync<ShapeException>(() =>
            DensityTraining.Run(
                flow,
                data,
                Tiny.Options,
                cancel: Cancel,
                preprocessing: new() { Dequantise = true, Pad = 2 }
            )
        );
    }
}
