using IResNet.Experiments.Runs;

namespace IResNet.Tests.Programs.Experiments.Drills;

/// <summary>
/// SIGTERM and SIGINT: the step in hand is finished, a checkpoint saved, and the run goes on from exactly there.
/// </summary>
[Trait("Category", Drill.Category)]
public class SignalDrill
{
    [Theory, InlineData("TERM", 143), InlineData("INT", 130)]
    public async Task ASignalSavesACheckpointFirst(string signal, int exitCode)
    {
        using var drill = new DrillFolder();
        string[] rare =
        [
            "run.checkpointEvery=null",
            "run.checkpointSeconds=null",
            "training.evaluateEvery=100000",
            "training.steps=1500",
        ];
        var (uncut, run) = (drill.Next(), drill.Next());
        Assert.Equal(0, (await TrainProcess.Run([.. TrainProcess.Arguments("toy", uncut.Path), .. rare])).Code);

        var random = new Random(1);
        int signals = 0;
        for (int i = 0; i < Drill.Count(fast: 1, full: 20); i++)
        {
            using var process = new TrainProcess([.. TrainProcess.Arguments("toy", run.Path), .. rare]);
            long reached = run.Summary?.Step ?? 0;
            await process.UntilStep(run, reached + 1 + random.Next(50));
            process.Signal(signal);
            int code = await process.End();
            if (code == 0)
                break; // the end came first
            signals++;
            Assert.True(code == exitCode, process.Output);
            Assert.Equal(RunState.Interrupted, run.Summary!.State);
            Assert.Equal(run.Summary.Step, new CheckpointFolder(run.CheckpointsFolder).Steps[0]);
            Assert.Contains("--resume", process.Output);
        }
        Assert.True(signals > 0, "no signal arrived before the end of the run");
        Assert.Equal(0, (await TrainProcess.Run([.. TrainProcess.Arguments("toy", run.Path), .. rare])).Code);
        KillDrill.AssertSame(uncut, run);
        Drill.Say($"SIG{signal}: {signals} signals, each with a checkpoint of the very step; the end is bit-identical");
    }
}
