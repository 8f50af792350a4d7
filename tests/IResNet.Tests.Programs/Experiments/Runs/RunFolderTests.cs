using IResNet.Experiments.Configuration;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Training;

namespace IResNet.Tests.Programs.Experiments.Runs;

public class RunFolderTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ASecondTrainingInTheFolderIsRefused()
    {
        using var run = new TinyRun(TinyRun.Toy());
        run.Folder.Prepare(run.Experiment);
        using var held = RunLock.Take(run.Folder);
        var fault = await Assert.ThrowsAsync<RunFolderException>(() => Train(run, resume: true));
        Assert.Contains("is in use", fault.Message);
        Assert.Equal(RunState.Running, WithState(run, RunState.Running));
    }

    [Fact]
    public void ARunThatSaysItRunsButHoldsNoLockWasKilled()
    {
        using var run = new TinyRun(TinyRun.Toy());
        run.Start(stopAfter: 2);
        Assert.Equal(RunState.Killed, WithState(run, RunState.Running));
    }

    [Fact]
    public async Task AnExistingRunIsNotOverwritten()
    {
        using var run = new TinyRun(TinyRun.Toy());
        run.Start(stopAfter: 2);
        Assert.Contains(
            "Continue it with --resume",
            (await Assert.ThrowsAsync<RunFolderException>(() => Train(run, resume: false))).Message
        );
    }

    [Fact]
    public async Task AFolderOfOtherFilesIsNotTaken()
    {
        using var run = new TinyRun(TinyRun.Toy());
        Directory.CreateDirectory(run.Folder.Path);
        File.WriteAllText(Path.Combine(run.Folder.Path, "thesis.tex"), "mine");
        Assert.Contains(
            "other files",
            (await Assert.ThrowsAsync<RunFolderException>(() => Train(run, resume: true))).Message
        );
    }

    [Fact]
    public async Task APreparedRunIsMadeByResumingIt()
    {
        using var run = new TinyRun(TinyRun.Toy());
        run.Folder.Prepare(run.Experiment);
        Assert.Null(run.Folder.Summary);
        var summary = await TrainingRun.Train(
            run.Folder.Path,
            present => present!,
            new() { Resume = true },
            TrainingSink.None,
            Cancel
        );
        Assert.Equal(RunState.Finished, summary.State);
        Assert.Equal([4, 8, 12], run.Folder.Evaluations.Select(evaluation => evaluation.Step));
        Assert.Equal(12, run.Folder.Losses.Count);
        Assert.Equal(ExperimentJson.Write(run.Experiment), ExperimentJson.Write(run.Folder.Experiment));
    }

    [Fact]
    public void ADivergedRunSaysSoAndNamesItsCheckpoint()
    {
        using var run = new TinyRun(
            TinyRun.Toy(
                "training.optimizer=sgd",
                "training.learningRate=1e6",
                "training.maxLoss=50",
                "training.steps=100"
            )
        );
        var fault = Assert.Throws<TrainingDivergedException>(() => run.Start());
        var summary = run.Folder.Summary!;
        Assert.Equal((RunState.Diverged, fault.Message), (summary.State, summary.Error));
    }

    [Fact]
    public void DamagedFilesGiveTypedErrors()
    {
        using var run = new TinyRun(TinyRun.Toy());
        run.Start(stopAfter: 2);
        File.WriteAllText(run.Folder.SummaryFile, "{\"state\": \"unknown\"");
        Assert.Throws<RunFolderException>(() => run.Folder.Summary);
        File.WriteAllText(run.Folder.ConfigFile, "not json");
        Assert.Throws<ConfigurationException>(() => run.Folder.Experiment);
        Assert.Throws<RunFolderException>(() => new RunFolder(run.Folder.SamplesFolder).Experiment);
    }

    [Theory, InlineData("gpu"), InlineData("cuda:x"), InlineData(""), InlineData("cuda:-1")]
    public async Task AnUnknownDeviceIsRefused(string device)
    {
        using var run = new TinyRun(TinyRun.Toy());
        var fault = await Assert.ThrowsAsync<ConfigurationException>(() =>
            TrainingRun.Train(
                run.Folder.Path,
                _ => run.Experiment,
                new() { Device = device },
                TrainingSink.None,
                Cancel
            )
        );
        Assert.Contains($"'{device}'", fault.Message);
        Assert.False(run.Folder.Exists);
    }

    private static Task<RunSummary> Train(TinyRun run, bool resume) =>
        TrainingRun.Train(
            run.Folder.Path,
            present => present ?? run.Experiment,
            new() { Resume = resume },
            TrainingSink.None,
            Cancel
        );

    private static RunState WithState(TinyRun run, RunState written)
    {
        new RunSummary
        {
            State = written,
            Experiment = "density-toy",
            Preset = "quick",
            Seed = 1,
        }.Write(run.Folder.SummaryFile);
        return run.Folder.Summary!.State;
    }
}
