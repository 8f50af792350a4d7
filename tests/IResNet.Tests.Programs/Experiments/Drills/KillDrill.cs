using System.Diagnostics;
using IResNet.Experiments.Runs;

namespace IResNet.Tests.Programs.Experiments.Drills;

/// <summary>
/// kill -9 at random moments of starting, training and saving (R14): each time --resume goes on, and the end is that of
/// the run that was not killed.
/// </summary>
[Trait("Category", Drill.Category)]
public class KillDrill
{
    [Fact]
    public async Task KilledAtRandomMoments()
    {
        using var drill = new DrillFolder();
        var uncut = new Dictionary<string, (RunFolder Folder, TimeSpan Time)>();
        foreach (string kind in DrillFolder.Kinds)
        {
            var (folder, clock) = (drill.Next(), Stopwatch.StartNew());
            var (code, output) = await TrainProcess.Run(TrainProcess.Arguments(kind, folder.Path));
            Assert.True(code == 0, output);
            uncut[kind] = (folder, clock.Elapsed);
        }

        var random = new Random(20_190_609);
        var (kills, whileSaving, beforeTraining, runs, wanted) = (0, 0, 0, 0, Drill.Count(fast: 3, full: 200));
        while (kills < wanted)
        {
            string kind = DrillFolder.Kinds[runs++ % DrillFolder.Kinds.Length];
            var folder = drill.Next();
            while (true)
            {
                var moment = kills < wanted ? uncut[kind].Time * random.NextDouble() : Timeout.InfiniteTimeSpan;
                using var process = new TrainProcess(TrainProcess.Arguments(kind, folder.Path));
                var end = process.End();
                if (await Task.WhenAny(end, Task.Delay(moment, TestContext.Current.CancellationToken)) == end)
                {
                    Assert.True(await end == 0, process.Output);
                    break;
                }
                process.Kill();
                kills++;
                await end;
                if (!File.Exists(folder.TimingFile))
                    beforeTraining++;
                else if (
                    Directory.Exists(folder.CheckpointsFolder)
                    && Directory.GetDirectories(folder.CheckpointsFolder, "unfinished-*").Length > 0
                )
                    whileSaving++;
            }
            AssertSame(uncut[kind].Folder, folder);
            Directory.Delete(folder.Path, recursive: true);
        }
        Drill.Say(
            $"{kills} kills over {runs} runs ({string.Join(", ", DrillFolder.Kinds)}), "
                + $"{beforeTraining} before training began, "
                + $"{whileSaving} while a checkpoint was being written: "
                + "all continued, all ends bit-identical"
        );
    }

    internal static void AssertSame(RunFolder uncut, RunFolder folder)
    {
        Assert.NotNull(uncut.Summary!.Weights);
        Assert.Equal(uncut.Summary.Weights, folder.Summary!.Weights);
        Assert.Equal(uncut.Summary.Test, folder.Summary.Test);
        Assert.Equal(File.ReadAllText(uncut.MetricsFile), File.ReadAllText(folder.MetricsFile));
    }
}
