using System.Globalization;
using IResNet.Experiments.Runs;

namespace IResNet.Tests.Programs.Experiments.Drills;

/// <summary>
/// Seeds, thread counts and experiments, each twice and in processes of their own (R19): the same configuration gives
/// the same bits; another thread count the same figure but for rounding, another seed another figure.
/// </summary>
[Trait("Category", Drill.Category)]
public class DeterminismDrill
{
    // Between one and two threads: sums are taken in another order, and training amplifies that.
    private const double SpreadOfThreads = 0.02;

    [Fact]
    public async Task TheSameTwiceAndOthersWithinTheirSpread()
    {
        using var drill = new DrillFolder();
        var (seeds, threads) = (Drill.IsFull ? new[] { 1, 2, 3 } : [1, 2], Drill.IsFull ? new[] { 1, 2 } : [1]);
        int configurations = 0;
        foreach (string kind in DrillFolder.Kinds)
        {
            var figures = new Dictionary<(int Seed, int Threads), (string Weights, double Value)>();
            foreach (int seed in seeds)
                foreach (int thread in threads)
                {
                    var (first, again) = (await Run(drill, kind, seed, thread), await Run(drill, kind, seed, thread));
                    KillDrill.AssertSame(first, again);
                    figures[(seed, thread)] = (first.Summary!.Weights!, first.Summary.TestFigure!.Value);
                    configurations++;
                }
            foreach (int thread in threads)
                Assert.Equal(seeds.Length, seeds.Select(seed => figures[(seed, thread)].Weights).Distinct().Count());
            double between =
                threads.Length < 2
                    ? 0
                    : seeds.Max(seed => Math.Abs(figures[(seed, 1)].Value / figures[(seed, 2)].Value - 1));
            Assert.InRange(between, 0, SpreadOfThreads);
            var values = figures.Where(figure => figure.Key.Threads == 1).Select(figure => figure.Value.Value).ToList();
            Drill.Say(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{kind}: seeds {string.Join(", ", seeds)}: {values.Min():F4} to {values.Max():F4}; "
                        + $"one thread against two: relative difference at most {between:g2}"
                )
            );
        }
        Drill.Say($"{configurations} configurations, each twice with equal bits");
    }

    private static async Task<RunFolder> Run(DrillFolder drill, string kind, int seed, int threads)
    {
        var folder = drill.Next();
        // Wide enough, where it is not a 2-D density, that libtorch divides the work between threads.
        string[] wide = kind == "toy" ? [] : ["--set", "model.hidden=32,32", "training.batch=64", "training.steps=20"];
        var (code, output) = await TrainProcess.Run([
            .. TrainProcess.Arguments(kind, folder.Path),
            .. wide,
            "--seed",
            $"{seed}",
            "--threads",
            $"{threads}",
        ]);
        Assert.True(code == 0, output);
        return folder;
    }
}
