using IResNet.Experiments.Configuration;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Sweeps;

namespace IResNet.Tests.Programs.Experiments.Sweeps;

public class SweepTests
{
    private const string Table2 = """
        {
          "name": "table2", "experiment": "density-toy", "preset": "quick",
          "set": { "training.steps": 5, "model.hidden": [8] },
          "vary": { "model.coefficient": [0.9, 0.5], "data.name": ["moons", "2spirals"] },
          "seeds": [1, 2]
        }
        """;

    [Fact]
    public void AllCombinationsWithAllSeeds()
    {
        var sweep = Sweep.Parse(Table2);
        Assert.Equal(8, sweep.Runs.Count);
        Assert.Equal("0001-coefficient-0.9-name-moons-seed-1", sweep.Runs[0].Folder);
        var experiments = sweep.Runs.Select(run => (ToyExperiment)run.Experiment).ToList();
        Assert.Equal(
            [0.9, 0.9, 0.9, 0.9, 0.5, 0.5, 0.5, 0.5],
            experiments.Select(run => run.Model.SpectralNorm.Coefficient)
        );
        Assert.Equal(["moons", "moons", "2spirals", "2spirals"], experiments.Take(4).Select(run => run.Data.Name));
        Assert.Equal([1UL, 2UL, 1UL, 2UL], experiments.Take(4).Select(run => run.Training.Seed));
        Assert.All(experiments, run =>
            Assert.Equal((5L, "8"), (run.Training.Steps!.Value, string.Join(',', run.Model.Hidden)))
        );
        Assert.Equal(8, sweep.Runs.Select(run => run.Folder).Distinct().Count());
        Assert.All(sweep.Runs, run =>
            Assert.DoesNotContain(run.Folder, character =>
                !char.IsAsciiLetterOrDigit(character) && character is not ('-' or '_' or '.')
            )
        );
    }

    [Theory]
    [InlineData("nope", "not a JSON object")]
    [InlineData("""{"name":"a","experiment":"density-toy","preset":"quick","varry":{}}""", "Did you mean 'vary'?")]
    [InlineData("""{"name":"a/b","experiment":"density-toy","preset":"quick"}""", "must be a folder's")]
    [InlineData("""{"name":"..","experiment":"density-toy","preset":"quick"}""", "must be a folder's")]
    [InlineData("""{"name":"a","preset":"quick"}""", "no \"experiment\"")]
    [InlineData("""{"name":"a","experiment":"density-toi","preset":"quick"}""", "Did you mean 'density-toy'?")]
    [InlineData(
        """{"name":"a","experiment":"density-toy","preset":"quick","vary":{"model.coef":[1]}}""",
        "Unknown key 'model.coef'"
    )]
    [InlineData(
        """{"name":"a","experiment":"density-toy","preset":"quick","vary":{"model.coefficient":[0.5,1.5]}}""",
        "strictly between 0 and 1"
    )]
    [InlineData(
        """{"name":"a","experiment":"density-toy","preset":"quick","vary":{"model.coefficient":0.5}}""",
        "is no list"
    )]
    [InlineData(
        """{"name":"a","experiment":"density-toy","preset":"quick","vary":{"model.coefficient":[]}}""",
        "is no list"
    )]
    [InlineData("""{"name":"a","experiment":"density-toy","preset":"quick","seeds":[]}""", "is no list")]
    [InlineData("""{"name":"a","experiment":"density-toy","preset":"quick","seeds":["x"]}""", "training.seed is")]
    [InlineData(
        """{"name":"a","experiment":"density-toy","preset":"quick","vary":{"training.seed":[1]}}""",
        "under \"seeds\""
    )]
    [InlineData("""{"name":"a","experiment":"density-toy","preset":"quick","set":[1]}""", "no object")]
    public void WrongFilesAreRefused(string text, string message) =>
        Assert.Contains(message, Assert.Throws<ConfigurationException>(() => Sweep.Parse(text)).Message);

    [Fact]
    public void PreparedOnceAndRefusedWhenTheFileChanges()
    {
        using var folder = new TemporaryFolder();
        var sweep = Sweep.Parse(Table2);
        Assert.All(sweep.Prepare(folder.Path), run => Assert.True(run.Exists));
        sweep.Prepare(folder.Path); // again: nothing to do
        // A longer training is the same runs, another coefficient is not.
        Sweep
            .Parse(Table2.Replace("\"training.steps\": 5", "\"training.steps\": 9", StringComparison.Ordinal))
            .Prepare(folder.Path);
        var changed = Sweep.Parse(
            Table2.Replace("\"model.hidden\": [8]", "\"model.hidden\": [9]", StringComparison.Ordinal)
        );
        Assert.Contains(
            "model.hidden",
            Assert.Throws<ConfigurationException>(() => changed.Prepare(folder.Path)).Message
        );
    }

    [Fact]
    public void ResultsOfEachCombinationOverItsSeeds()
    {
        using var folder = new TemporaryFolder();
        var folders = Sweep.Parse(Table2).Prepare(folder.Path);
        double[] figures = [4.0, 4.2, 3.0, 3.4];
        foreach (var (run, figure) in folders.Zip(figures))
            Finish(run, figure);

        var table = ResultTable.Of(RunFolder.Find(folder.Path));
        Assert.Equal(["data.name", "model.spectralNorm.coefficient"], table.Keys);
        Assert.Equal(8, table.Rows.Count);
        var moons = table.Groups[0];
        Assert.Equal(
            ("moons", "0.9", 2, 2, "nats"),
            (moons.Values[0], moons.Values[1], moons.Runs, moons.Finished, moons.Metric)
        );
        Assert.Equal(4.1, moons.Mean!.Value, 12);
        Assert.Equal(0.2 / Math.Sqrt(2), moons.Deviation!.Value, 12);
        Assert.Equal((0, (double?)null), (table.Groups[^1].Finished, table.Groups[^1].Mean));
        Assert.Contains("| moons | 0.9 | 1, 2 | 2/2 | 4.1000 nats | 0.1414 | 5 | 0:01:00 |", table.ToMarkdown());
        string[] lines = table.ToCsv().TrimEnd().Split('\n');
        Assert.Equal(9, lines.Length);
        Assert.Contains(",moons,0.9,1,finished,5,nats,4,", lines[1]);
        Assert.Contains(",prepared,0,", lines[^1]);
    }

    private static void Finish(RunFolder folder, double figure) =>
        new RunSummary
        {
            State = RunState.Finished,
            Experiment = "density-toy",
            Preset = "quick",
            Seed = folder.Experiment.Seed,
            Step = 5,
            TrainingSeconds = 60,
            TestFigure = new("nats", figure, figure - 0.1, figure + 0.1, 100),
        }.Write(folder.SummaryFile);
}
