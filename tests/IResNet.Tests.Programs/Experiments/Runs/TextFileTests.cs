using System.Text;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Sweeps;

namespace IResNet.Tests.Programs.Experiments.Runs;

/// <summary>Files that are not UTF-8, and a summary that is damaged.</summary>
public class TextFileTests
{
    private static byte[] Latin1(string text) => Encoding.Latin1.GetBytes(text);

    [Fact]
    public async Task AConfigurationInAnotherEncodingIsRefusedAndStaysAsItIs()
    {
        using var run = new TinyRun(TinyRun.Toy("note=größer"));
        run.Start(stopAfter: 2);
        byte[] wrong = Latin1(File.ReadAllText(run.Folder.ConfigFile));
        File.WriteAllBytes(run.Folder.ConfigFile, wrong);
        var fault = await Assert.ThrowsAsync<ConfigurationException>(() =>
            TrainingRun.Train(
                run.Folder.Path,
                present => present!.With(["run.logEvery=2"]),
                new() { Resume = true },
                IResNet.Experiments.Training.TrainingSink.Of(_ => { }),
                TestContext.Current.CancellationToken
            )
        );
        Assert.Contains("is not UTF-8", fault.Message);
        Assert.Contains("0xf6", fault.Message);
        Assert.Contains(run.Folder.ConfigFile, fault.Message);
        Assert.Equal(wrong, File.ReadAllBytes(run.Folder.ConfigFile));
    }

    [Fact]
    public void ByteOrderMarksAreNoPartOfTheTextAndUtf16IsRefused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["bom"], "é", new UTF8Encoding(true));
        Assert.Equal("é", TextFile.Read(folder["bom"]));
        File.WriteAllText(folder["utf16"], "{}", Encoding.Unicode);
        Assert.Throws<ConfigurationException>(() => TextFile.Read(folder["utf16"]));
        File.WriteAllBytes(folder["sweep.json"], Latin1("""{ "name": "é" }"""));
        Assert.Contains(
            "sweep.json is not UTF-8",
            Assert.Throws<ConfigurationException>(() => Sweep.Load(folder["sweep.json"])).Message
        );
    }

    /// <summary>A damaged line ends a log, and comes back neither repaired nor as replacement characters.</summary>
    [Fact]
    public void ADamagedLineOfMetricsEndsTheLog()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["m"], Latin1("{\"step\":1}\n{\"step\":2,\"note\":\"\u00e9\"}\n{\"step\":3}\n"));
        Assert.Single(MetricsLog.Read(folder["m"]));
        MetricsLog.Open(folder["m"], _ => true).Dispose();
        Assert.Equal("{\"step\":1}\n", File.ReadAllText(folder["m"]));
    }

    [Theory]
    [InlineData("{ \"state\": \"running\"")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("{ \"state\": \"\u00e9\" }")]
    public void ADamagedSummaryDoesNotKeepARunFromGoingOn(string damage)
    {
        using var uncut = new TinyRun(TinyRun.Toy());
        var whole = uncut.Start();
        using var run = new TinyRun(TinyRun.Toy());
        run.Start(stopAfter: 5);
        File.WriteAllBytes(run.Folder.SummaryFile, Latin1(damage));
        Assert.Throws<RunFolderException>(() => run.Folder.Summary);
        Assert.Null(run.Folder.ReadableSummary);

        var said = new List<string>();
        var summary = run.Start(
            sink: IResNet.Experiments.Training.TrainingSink.Of(happened =>
            {
                if (happened is IResNet.Experiments.Training.MessageEvent message)
                    said.Add(message.Text);
            })
        );
        Assert.Equal((RunState.Finished, whole.Weights), (summary.State, summary.Weights));
        Assert.Equal(summary.Weights, run.Folder.Summary!.Weights);
        Assert.Contains(said, text => text.Contains("summary.json.damaged"));
        Assert.Equal(Latin1(damage), File.ReadAllBytes(run.Folder.SummaryFile + ".damaged"));
    }

    /// <summary>Cancelled before the first step: nothing is written, the lock is free, and the run can begin.</summary>
    [Fact]
    public async Task ARunThatIsCancelledBeforeItsFirstStepCanBegin()
    {
        using var run = new TinyRun(TinyRun.Toy());
        var sink = IResNet.Experiments.Training.TrainingSink.Of(_ => { });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            TrainingRun.Train(run.Folder.Path, _ => run.Experiment, new(), sink, new(canceled: true))
        );
        Assert.Null(run.Folder.Summary);
        for (int i = 0; i < 100 && RunLock.IsHeld(run.Folder); i++)
            await Task.Delay(50, TestContext.Current.CancellationToken); // what was left behind ends first
        Assert.Equal(RunState.Finished, run.Start().State);
    }
}
