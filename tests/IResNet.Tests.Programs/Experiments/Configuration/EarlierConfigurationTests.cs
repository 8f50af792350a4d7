using System.Text.Json.Nodes;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Training;
using IResNet.Tests.Programs.Experiments.Runs;

namespace IResNet.Tests.Programs.Experiments.Configuration;

/// <summary>Configurations and runs of before experiments held the library's own records.</summary>
public sealed class EarlierConfigurationTests : IDisposable
{
    private static readonly string Fixtures = Path.Combine(
        Repository.Root,
        "tests",
        "IResNet.Tests.Programs",
        "fixtures",
        "before-one-configuration"
    );

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Presets =>
        [
            .. JsonNode
                .Parse(File.ReadAllText(Path.Combine(Fixtures, "presets.json")))!
                .AsObject()
                .Select(pair => pair.Key),
        ];

    public void Dispose() => _folder.Dispose();

    /// <summary>Every value of every preset means what it meant.</summary>
    [Theory, MemberData(nameof(Presets))]
    public void APresetIsTheSameExperiment(string preset)
    {
        string all = File.ReadAllText(Path.Combine(Fixtures, "presets.json"));
        string earlier = JsonNode.Parse(all)![preset]!.ToJsonString();
        string[] names = preset.Split('/');
        var today = ExperimentCatalogue.Get(names[0], names[1]);
        // What evaluates a density had to be named, even if it was what evaluates it anyway.
        if (today is DensityExperiment { Training.EvaluationTerms: var terms })
            today = today.With($"training.evaluationTerms={terms ?? 20}", "training.evaluationProbes=1");
        // The statistics of this set were others, in the fourth digit.
        if (names[0].EndsWith("cifar100", StringComparison.Ordinal))
            today = today.With("data.mean=0.5071,0.4867,0.4408", "data.std=0.2675,0.2565,0.2761");
        // The note's words may change.
        static string Values(Experiment experiment) => ExperimentJson.Write(experiment with { Note = "" });
        Assert.Equal(Values(today), Values(ExperimentJson.Read(earlier)));
    }

    /// <summary>Values that differ from the preset's are read, and not lost on the way to it.</summary>
    [Fact]
    public void AnEarlierFilesOwnValuesAreRead()
    {
        var file = JsonNode.Parse(File.ReadAllText(Path.Combine(Fixtures, "presets.json")))!["density-mnist/quick"]!;
        file["model"]!["coefficient"] = 0.5;
        file["model"]!["normalized"] = false;
        file["data"]!["pad"] = 2;
        file["training"]!["estimator"] = "powerSeries";
        file["training"]!["terms"] = 9;
        file["training"]!["optimizer"] = "sgd";
        file["training"]!["momentum"] = 0.25;
        string[] assignments =
        [
            "model.spectralNorm.coefficient=0.5",
            "model.spectralNorm.enabled=false",
            "data.preprocessing.pad=2",
            "training.estimator.kind=powerSeries",
            "training.estimator.terms=9",
            "training.optimizer.kind=sgd",
            "training.optimizer.momentum=0.25",
            "training.evaluationTerms=20",
            "training.evaluationProbes=1",
        ];
        Assert.Equal(
            ExperimentJson.Write(ExperimentCatalogue.Get("density-mnist", "quick").With(assignments)),
            ExperimentJson.Write(ExperimentJson.Read(file.ToJsonString()))
        );
    }

    [Fact]
    public async Task AnEarlierRunOpensWithItsFigureAndTrainsOn()
    {
        string run = Path.Combine(_folder.Path, "run");
        Copy(Path.Combine(Fixtures, "toy-run"), run);
        var folder = new RunFolder(run);
        using (var saved = SavedModel.Open(run))
        {
            var figure = await ModelEvaluation.Evaluate(saved, error: 1, cancel: TestContext.Current.CancellationToken);
            Assert.Equal(folder.Summary!.TestFigure!.Value, figure.Value, 1e-4);
        }
        var on = await TrainingRun.Train(
            run,
            present => present!.With("training.steps=20"),
            new() { Resume = true },
            TrainingSink.None,
            TestContext.Current.CancellationToken
        );
        Assert.Equal((RunState.Finished, 20L, 1), (on.State, on.Step, on.Resumed));
        using var again = SavedModel.Open(run);
        Assert.StartsWith("step 20 of", again.Source);
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
