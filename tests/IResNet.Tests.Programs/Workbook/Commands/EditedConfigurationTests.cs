using System.CommandLine;
using System.Reflection;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Runs;
using IResNet.Tests.Programs.Experiments;
using IResNet.Tests.Programs.Experiments.Runs;
using IResNet.Workbook.Commands;

namespace IResNet.Tests.Programs.Workbook.Commands;

/// <summary>
/// Who edits a run's config.json behind the back of its checkpoints gets no figure of any command: it would be another
/// model's.
/// </summary>
public sealed class EditedConfigurationTests : IDisposable
{
    /// <summary>
    /// Every command of the program, with arguments that make it open the run RUN; null where it opens none.
    /// </summary>
    private static readonly Dictionary<string, string[]?> Commands = new()
    {
        ["evaluate"] = ["RUN"],
        ["sample"] = ["RUN", "--output", "OUT.safetensors"],
        ["certify"] = ["RUN", "--examples", "2"],
        ["export"] = ["RUN", "OUT.safetensors"],
        ["train"] = ["--run", "RUN", "--resume"],
        ["sweep"] = ["SWEEP", "--folder", "ROOT"],
        ["collect"] = ["ROOT"],
        ["runs"] = null, // its rows are the summaries'
        ["judge"] = null, // pictures only, opened as evaluate opens them
        ["fit"] = null, // hybrids only, likewise
        ["import"] = null,
        ["run"] = null,
        ["pages"] = null,
        ["speedrun"] = null, // a new run only
        ["new"] = null,
        ["kernel"] = null,
        ["data"] = null,
        ["bench"] = null,
        ["doctor"] = null,
    };

    private readonly TemporaryFolder _folder = new();
    private readonly string _run;

    public EditedConfigurationTests()
    {
        using var tiny = new TinyRun(TinyRun.Toy());
        tiny.Start();
        _run = In("0001-seed-1");
        Directory.Move(tiny.Folder.Path, _run);
    }

    public static TheoryData<string> Opening =>
        [.. Commands.Where(pair => pair.Value is not null).Select(pair => pair.Key)];

    public static TheoryData<string, string> Edits =>
        new()
        {
            { "model.spectralNorm.coefficient=0.5", "\"coefficient\": 0.9" },
            { "model.hidden=9", "8" },
            { "training.seed=2", "\"seed\": 1" },
            { "data.name=moons", "8gaussians" },
        };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void NoCommandIsForgotten() =>
        Assert.Equal(
            typeof(TrainCommand)
                .Assembly.GetTypes()
                .Where(type => type.Namespace == typeof(TrainCommand).Namespace)
                .Select(type => type.GetMethod("Create", BindingFlags.Public | BindingFlags.Static, []))
                .Where(create => create?.ReturnType == typeof(Command))
                .Select(create => ((Command)create!.Invoke(null, null)!).Name)
                .Order(StringComparer.Ordinal),
            Commands.Keys.Order(StringComparer.Ordinal)
        );

    [Theory, MemberData(nameof(Opening))]
    public async Task EveryCommandRefuses(string command)
    {
        // The control: what makes a figure of the run as it is.
        var (code, output) = await Run(command);
        Assert.True(code == 0, output);
        Edit("model.spectralNorm.coefficient=0.5");
        (code, output) = await Run(command);
        Assert.Equal(1, code);
        Assert.Contains("model.spectralNorm.coefficient = 0.5 (there: 0.9)", output);
    }

    [Theory, MemberData(nameof(Edits))]
    public void EveryValueThatMakesAnotherModelCounts(string edit, string before)
    {
        Assert.Contains(before, File.ReadAllText(new RunFolder(_run).ConfigFile));
        Edit(edit);
        Assert.Contains(
            edit.Replace("=", " = ", StringComparison.Ordinal).Split(" = ")[0],
            Assert.Throws<ConfigurationException>(() => new RunFolder(_run).Experiment).Message
        );
        Assert.Throws<ConfigurationException>(() => SavedModel.Open(_run));
    }

    /// <summary>What changes no step's numbers may be edited, as it may be given on the command line.</summary>
    [Fact]
    public void ALongerRunIsTheSameExperiment()
    {
        Edit("training.steps=20");
        Assert.Equal(20, new RunFolder(_run).Experiment.Options.Steps);
    }

    /// <summary>A damaged last checkpoint does not open the way: the one before it tells.</summary>
    [Fact]
    public void TheLastGoodCheckpointTells()
    {
        var checkpoints = new CheckpointFolder(new RunFolder(_run).CheckpointsFolder);
        File.WriteAllText(Path.Combine(checkpoints.Of(checkpoints.Steps[0]), "checkpoint.json"), "{}");
        Assert.NotNull(new RunFolder(_run).Experiment);
        Edit("training.seed=2");
        Assert.Throws<ConfigurationException>(() => new RunFolder(_run).Experiment);
    }

    private string In(string name) => Path.Combine(_folder.Path, name);

    private void Edit(string assignment)
    {
        string file = new RunFolder(_run).ConfigFile;
        File.WriteAllText(file, ExperimentJson.Write(ExperimentJson.Read(File.ReadAllText(file)).With(assignment)));
    }

    private async Task<(int Code, string Output)> Run(string command)
    {
        // A sweep of which the run is the only one.
        File.WriteAllText(
            In("sweep.json"),
            """
            { "name": "s", "experiment": "density-toy", "preset": "quick", "seeds": [1], "set": {
                "model.blocks": 2, "model.hidden": [8], "training.steps": 12, "training.batch": 16,
                "training.evaluateEvery": 4, "training.evaluationPoints": 50, "training.initialExamples": 32,
                "run.samples": 0, "run.logEvery": 1, "run.checkpointSeconds": null } }
            """
        );
        var output = new StringWriter();
        var root = new RootCommand
        {
            EvaluateCommand.Create(),
            SampleCommand.Create(),
            CertifyCommand.Create(),
            ExportCommand.Create(),
            TrainCommand.Create(),
            SweepCommand.Create(),
            CollectCommand.Create(),
        };
        string[] arguments =
        [
            .. Commands[command]!.Select(argument =>
                argument
                    .Replace("RUN", _run, StringComparison.Ordinal)
                    .Replace("ROOT", _folder.Path, StringComparison.Ordinal)
                    .Replace("SWEEP", In("sweep.json"), StringComparison.Ordinal)
                    .Replace("OUT", In("out"), StringComparison.Ordinal)
            ),
        ];
        int code = await root.Parse([command, .. arguments])
            .InvokeAsync(
                new InvocationConfiguration
                {
                    Output = output,
                    Error = output,
                    ProcessTerminationTimeout = null,
                },
                TestContext.Current.CancellationToken
            );
        return (code, output.ToString());
    }
}
