using IResNet.Experiments.Configuration;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Training;

namespace IResNet.Tests.Programs.Experiments.Runs;

/// <summary>
/// A run that was cut and continued is the run that was not cut: weights and metrics to the last bit (R13).
/// </summary>
public class ResumeTests
{
    public static TheoryData<string> Kinds =>
        [
            "density",
            "classifier",
            "hybrid",
            "hybrid, views",
            "hybrid, scales",
            "hybrid, head alone",
            "resnet",
            "toy",
            "residual flow",
            "i-DenseNet",
        ];

    [Theory, MemberData(nameof(Kinds))]
    public void CutAfterEveryStep(string kind)
    {
        using var uncut = new TinyRun(Of(kind));
        var whole = uncut.Start();
        Assert.Equal((RunState.Finished, 12L, 0), (whole.State, whole.Step, whole.Resumed));
        foreach (int cut in kind == "density" ? Enumerable.Range(1, 12) : [1, 4, 5, 11])
        {
            using var run = new TinyRun(Of(kind));
            var first = run.Start(stopAfter: cut);
            Assert.Equal((RunState.Interrupted, (long)cut), (first.State, first.Step));
            AssertSame(whole, uncut, run.Start(), run, $"cut after step {cut}");
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void CutAfterEachStepOfOneRun(string kind)
    {
        using var uncut = new TinyRun(Of(kind));
        var whole = uncut.Start();
        using var run = new TinyRun(Of(kind));
        for (int cut = 1; cut < 12; cut++)
            Assert.Equal(RunState.Interrupted, run.Start(stopAfter: cut).State);
        AssertSame(whole, uncut, run.Start(), run, "cut eleven times");
    }

    /// <summary>Killed: no checkpoint at the cut, and lines of metrics that are ahead of the last one.</summary>
    [Fact]
    public void MetricsAheadOfTheCheckpointAreWrittenAgain()
    {
        using var uncut = new TinyRun(Of("density"));
        var whole = uncut.Start();
        using var run = new TinyRun(Of("density"));
        run.Start(stopAfter: 9);
        var checkpoints = run.Checkpoints;
        Directory.Delete(checkpoints.Of(9), recursive: true);
        File.AppendAllText(run.Folder.MetricsFile, "{\"step\":10,\"lo");
        AssertSame(whole, uncut, run.Start(), run, "killed after step 9");
    }

    [Fact]
    public void KilledBeforeTheFirstCheckpoint()
    {
        using var uncut = new TinyRun(Of("toy"));
        var whole = uncut.Start();
        using var run = new TinyRun(Of("toy"));
        run.Start(stopAfter: 3);
        Directory.Delete(run.Folder.CheckpointsFolder, recursive: true);
        AssertSame(whole, uncut, run.Start(), run, "without a checkpoint");
    }

    /// <summary>
    /// The evaluation due at a step is cut short: the checkpoint says so, and the next start makes it.
    /// </summary>
    [Theory, InlineData(false), InlineData(true)]
    public void CutWithinAnEvaluation(bool twice)
    {
        using var uncut = new TinyRun(Of("density"));
        var whole = uncut.Start();
        using var run = new TinyRun(Of("density"));
        using (var stop = new CancellationTokenSource())
            // The sink is called before the evaluation of step 8, which then sees the cancellation.
            run.Start(
                TrainingSink.OfSteps(step =>
                {
                    if (step.Step == 8)
                        stop.Cancel();
                }),
                stop.Token
            );
        Assert.False(run.Checkpoints.ReadManifest(8).Evaluated);
        Assert.DoesNotContain("\"step\":8,\"metric\"", run.Metrics);
        if (twice)
        {
            run.Start(stopAfter: 9);
            Directory.Delete(run.Checkpoints.Of(9), recursive: true);
        }
        AssertSame(whole, uncut, run.Start(), run, "cut within an evaluation");
    }

    [Fact]
    public void ARunIsExtended()
    {
        using var uncut = new TinyRun(Of("toy"));
        var whole = uncut.Start();
        using var run = new TinyRun(TinyRun.Toy("training.steps=7"));
        run.Start();
        run.Experiment = Of("toy");
        AssertSame(whole, uncut, run.Start(), run, "extended from 7 to 12 steps");
    }

    [Fact]
    public void AFinishedRunIsLeftAsItIs()
    {
        using var run = new TinyRun(Of("toy"));
        var first = run.Start();
        string metrics = run.Metrics;
        var again = run.Start();
        Assert.Equal((first.Weights, first.Test, metrics, 1), (again.Weights, again.Test, run.Metrics, again.Resumed));
    }

    /// <summary>The comparison would see a difference: another seed is another run.</summary>
    [Fact]
    public void AnotherSeedIsAnotherRun()
    {
        using var one = new TinyRun(Of("toy"));
        using var other = new TinyRun(TinyRun.Toy("training.seed=2"));
        Assert.NotEqual(one.Start().Weights, other.Start().Weights);
        Assert.NotEqual(one.Metrics, other.Metrics);
    }

    [Theory]
    [
        InlineData("training.batch=9"),
        InlineData("model.spectralNorm.coefficient=0.8"),
        InlineData("training.seed=2"),
        InlineData("training.learningRate=0.5")
    ]
    public async Task ARunIsNotContinuedAsAnother(string change)
    {
        using var run = new TinyRun(TinyRun.Toy());
        run.Start(stopAfter: 3);
        var fault = await Assert.ThrowsAsync<ConfigurationException>(() =>
            TrainingRun.Train(
                run.Folder.Path,
                present => present!.With(change),
                new() { Resume = true },
                TrainingSink.None,
                TestContext.Current.CancellationToken
            )
        );
        Assert.Contains(change.Replace("=", " = ", StringComparison.Ordinal), fault.Message);
    }

    private static Experiment Of(string kind) =>
        kind switch
        {
            "density" => TinyRun.Density(),
            "classifier" => TinyRun.Classifier(),
            "hybrid" => TinyRun.Hybrid(),
            "hybrid, views" => TinyRun.Hybrid("training.classShift=2", "training.classWarp=0.1"),
            "hybrid, scales" => TinyRun.Hybrid("head=scaleHead", "head.width=4"),
            "hybrid, head alone" => TinyRun.Hybrid("model.learnedTransform=false"),
            "resnet" => TinyRun.ResNet(),
            "residual flow" => TinyRun.ResidualFlow(),
            "i-DenseNet" => TinyRun.DenseToy(),
            _ => TinyRun.Toy(),
        };

    private static void AssertSame(RunSummary whole, TinyRun uncut, RunSummary end, TinyRun run, string how)
    {
        Assert.True(end.State == RunState.Finished, how);
        Assert.True(whole.Weights == end.Weights, $"{how}: other weights");
        Assert.True(uncut.Metrics == run.Metrics, $"{how}: other metrics\n{uncut.Metrics}\n{run.Metrics}");
        Assert.Equal((whole.Test, whole.Best, whole.Loss), (end.Test, end.Best, end.Loss));
        var (a, b) = (uncut.Checkpoints.ReadManifest(12), run.Checkpoints.ReadManifest(12));
        Assert.Equal(a.Parts.OrderBy(part => part.Key), b.Parts.OrderBy(part => part.Key));
        Assert.Equal((a.Data, a.Updates, a.SkippedInARow), (b.Data, b.Updates, b.SkippedInARow));
    }
}
