using System.CommandLine;
using IResNet.Experiments.Runs;
using IResNet.Tests.Programs.Experiments;
using IResNet.Workbook.Commands;
using SkiaSharp;

namespace IResNet.Tests.Programs.Workbook.Commands;

/// <summary>The commands of training, from the command line to their exit code, in this process.</summary>
public sealed class TrainingCommandsTests : IDisposable
{
    private static readonly string[] Short =
    [
        "--set",
        "model.blocks=2",
        "model.hidden=8",
        "training.steps=12",
        "training.batch=16",
        "training.evaluateEvery=4",
        "training.evaluationPoints=50",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task FromTrainingToSamples()
    {
        var (code, output, error) = await Run("train", ["density-toy", "--run", In("run"), "--seed", "5", .. Short]);
        Assert.True(code == 0, output + error);
        string hash = new RunFolder(In("run")).Summary!.Weights!;
        Assert.Contains($"weights: sha256 {hash}", output);
        Assert.Equal(5UL, new RunFolder(In("run")).Experiment.Seed);

        (code, output, _) = await Run("runs", In(""));
        Assert.Equal(0, code);
        Assert.Matches("run +density-toy quick +5 +finished +12/12", output);
        (code, output, _) = await Run("runs", In("run"));
        Assert.Equal(0, code);
        Assert.Matches("run +density-toy quick +5 +finished +12/12", output);

        (code, output, _) = await Run("evaluate", In("run"), "--images", "100");
        Assert.Equal(0, code);
        Assert.Matches(@"density-toy, step 12 of .*\n\d\.\d{4} ± \d\.\d{4} nats \(100 examples\)", output);

        (code, output, _) = await Run("certify", In("run"));
        Assert.Equal(0, code);
        Assert.Contains("Lip(g) < 1 in all 2 blocks: as trained certain, frozen certain.", output);
        Assert.Contains("16 test examples reconstructed", output);
        foreach (string heading in new[] { "estimate", "bound", "frozen", "Lip(F)", "Lip(F^-1)", "error" })
            Assert.Contains(heading, output);

        Assert.Equal(0, (await Run("sample", In("run"), "--count", "7", "--output", In("samples.safetensors"))).Code);
        using (var samples = SafeTensors.Load(In("samples.safetensors")))
            Assert.Equal([7, 2], samples["samples"].shape);

        Assert.Equal(0, (await Run("export", In("run"), In("w.safetensors"))).Code);
        Assert.Equal(0, (await Run("import", In("w.safetensors"), "--run", In("imported"))).Code);
        (code, output, _) = await Run("train", "--run", In("imported"), "--resume");
        Assert.True(code == 0, output);
        Assert.Contains("continues from step 0", output);

        (code, _, error) = await Run("fit", In("run"), In("fitted.safetensors"));
        Assert.NotEqual(0, code);
        Assert.Contains("density-toy has no class Gaussians to fit", error);
        Assert.False(File.Exists(In("fitted.safetensors")));
    }

    /// <summary>A hybrid of images of one's own: trained, its Gaussians fitted, its samples judged.</summary>
    [Fact]
    public async Task AHybridIsFittedAndJudged()
    {
        var random = new Random(3);
        for (int i = 0; i < 60; i++)
            Picture(In($"images/{(i % 2 == 0 ? "dark" : "light")}/{i:D2}.png"), 40 + 160 * (i % 2), random);
        string[] shared =
        [
            "--preset",
            "quick",
            "--set",
            $"data.name=folder:{In("images")}",
            "data.validation=8",
            "model.blocks=1,1",
            "model.strides=1,2",
            "model.hidden=4,4",
            "training.steps=12",
            "training.batch=8",
            "training.evaluateEvery=null",
            "training.initialExamples=16",
        ];
        string[] samples = ["run.samples=0", "run.sampleEvery=null"];
        string[][] tasks =
        [
            ["hybrid-mnist", .. shared, .. samples],
            ["classifier-mnist", .. shared],
        ];
        foreach (string[] task in tasks)
        {
            var (trained, said, fault) = await Run("train", [.. task, "--run", In(task[0])]);
            Assert.True(trained == 0, said + fault);
        }

        var (code, output, error) = await Run("fit", In("hybrid-mnist"), In("fitted.safetensors"));
        Assert.True(code == 0, output + error);
        Assert.Matches("before: .* error.*\n.*fitted: .* error", output);
        using (var trained = SavedModel.Open(In("hybrid-mnist")))
        using (var fitted = SavedModel.Open(In("fitted.safetensors")))
        {
            ClassGaussians Head(SavedModel of) => (ClassGaussians)((HybridFlow)of.Model.Flow).Joint;
            Assert.True(Expect.MaxAbs(Head(trained).Means - Head(fitted).Means) > 1e-3);
            Assert.Contains("fitted after the training", fitted.Experiment.Note);
        }

        string[] judged = [In("fitted.safetensors"), In("classifier-mnist"), "--count", "20"];
        (code, output, error) = await Run("judge", judged);
        Assert.True(code == 0, output + error);
        Assert.Matches("of 20 samples get a class .* of 12 test images; .* get their own class", output);
        (code, _, error) = await Run("judge", [judged[0], judged[0]]);
        Assert.NotEqual(0, code);
        Assert.Contains("is no classifier", error);
    }

    [Fact]
    public async Task ASweepAndItsTable()
    {
        File.WriteAllText(
            In("sweep.json"),
            """
            { "name": "small", "experiment": "density-toy", "preset": "quick",
              "vary": { "model.coefficient": [0.9, 0.5] }, "seeds": [1],
              "set": { "model.blocks": 1, "model.hidden": [4], "training.steps": 3, "training.batch": 16,
                       "training.evaluateEvery": 2, "training.evaluationPoints": 20, "run.samples": 0 } }
            """
        );
        var (code, output, error) = await Run(
            "sweep",
            In("sweep.json"),
            "--folder",
            In("small"),
            "--jobs",
            "2",
            "--threads",
            "1"
        );
        Assert.True(code == 0, output + error);
        Assert.Contains("| 0.9 | 1 | 1/1 |", output);
        (code, output, _) = await Run("sweep", In("sweep.json"), "--folder", In("small"), "--status");
        Assert.Matches("0001-coefficient-0.9-seed-1 +finished +3/3", output);
        (code, output, _) = await Run("sweep", In("sweep.json"), "--folder", In("small"));
        Assert.Contains("2 of 2 runs are finished already", output);
        (code, output, _) = await Run("sweep", In("sweep.json"), "--folder", In("small"), "--slurm", "--script-only");
        Assert.Contains("All runs are finished.", output);
        Assert.Equal(0, (await Run("collect", In("small"), "--output", In("t.csv"))).Code);
        Assert.Equal(3, File.ReadAllLines(In("t.csv")).Length);
    }

    [Theory]
    [InlineData(
        "Unknown key 'training.step'. Did you mean 'training.steps'?",
        "train",
        "density-toy",
        "--set",
        "training.step=3"
    )]
    [InlineData("Did you mean 'density-mnist'?", "train", "density-mnits")]
    [InlineData("has no preset 'fast'", "train", "density-toy", "--preset", "fast")]
    [InlineData("Which experiment? Choose one of: density-mnist", "train")]
    [InlineData("Device 'gpu' is unknown", "train", "density-toy", "--device", "gpu")]
    [InlineData("There is no run folder and no file", "evaluate", "nowhere")]
    [InlineData("There is no run folder and no file", "sample", "nowhere")]
    [InlineData("There is no run folder and no file", "certify", "nowhere")]
    [InlineData("There is no run folder and no file", "export", "nowhere", "w.safetensors")]
    [InlineData("There is no file 'nowhere'", "import", "nowhere", "--run", "x")]
    [InlineData("There is no sweep file 'nowhere'", "sweep", "nowhere")]
    [InlineData("There is no run in nowhere", "collect", "nowhere")]
    [InlineData("There is no folder 'nowhere'", "runs", "nowhere")]
    public async Task MistakesAreAWordAndExitCodeOne(string message, string command, params string[] arguments)
    {
        var (code, output, error) = await Run(
            command,
            arguments.Length > 0 && command == "train" || arguments.Length == 0
                ? [.. arguments, "--run", In("new")]
                : arguments
        );
        Assert.Equal(1, code);
        Assert.Contains(message, error + output);
        Assert.DoesNotContain("   at ", error);
        Assert.False(new RunFolder(In("new")).Exists);
    }

    [Fact]
    public async Task TheConfigurationIsShownWithAllItsValues()
    {
        var (code, output, _) = await Run(
            "train",
            "density-mnist",
            "--preset",
            "paper",
            "--show-config",
            "--set",
            "model.coefficient=0.7"
        );
        Assert.Equal(0, code);
        Assert.Contains("\"coefficient\": 0.7", output);
        Assert.Contains("\"kind\": \"adamax\"", output);
    }

    private static void Picture(string path, int grey, Random random)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var picture = new SKBitmap(8, 8);
        for (int i = 0; i < 64; i++)
        {
            byte level = (byte)(grey + random.Next(50));
            picture.SetPixel(i % 8, i / 8, new SKColor(level, level, level));
        }
        using var data = picture.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(path, data.ToArray());
    }

    private string In(string name) => Path.Combine(_folder.Path, name);

    private static async Task<(int Code, string Output, string Error)> Run(string command, params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var root = IResNetCommand.Create();
        int code = await root.Parse([command, .. arguments])
            .InvokeAsync(
                new InvocationConfiguration
                {
                    Output = output,
                    Error = error,
                    ProcessTerminationTimeout = null,
                },
                TestContext.Current.CancellationToken
            );
        return (code, output.ToString(), error.ToString());
    }
}
