using IResNet.Experiments.Runs;

namespace IResNet.Tests.Programs.Experiments.Runs;

public class CheckpointTests
{
    [Fact]
    public void TheLastTwoAndTheBestAreKept()
    {
        using var run = new TinyRun(
            TinyRun.Toy(
                "run.checkpointEvery=1",
                "training.steps=40",
                "training.learningRate=0.2",
                "training.evaluateEvery=2"
            )
        );
        var summary = run.Start();
        Assert.Equal(new[] { 40, 39, summary.Best!.Step }.Distinct().OrderDescending(), run.Checkpoints.Steps);
        Assert.Equal(summary.Best, run.Checkpoints.ReadManifest(summary.Best.Step).Best);
        Assert.Empty(Directory.GetDirectories(run.Folder.CheckpointsFolder, "unfinished-*"));
    }

    [Fact]
    public void ItHoldsEverythingThatLaterStepsDependOn()
    {
        using var run = new TinyRun(TinyRun.Density());
        run.Start(stopAfter: 7);
        var manifest = run.Checkpoints.ReadManifest(7);
        Assert.Equal(["average", "model", "optimizer"], manifest.Parts.Keys.Order());
        // 40 training images in batches of 8: the seventh step is the second of the second epoch.
        Assert.Equal((7L, 1, 16), (manifest.Updates, manifest.Data.Epoch, manifest.Data.Position));
        using var model = SafeTensors.Load(Path.Combine(run.Checkpoints.Of(7), "model.safetensors"));
        Assert.All(["weight", "bias", "u", "v", "sigma"], name =>
            Assert.Contains($"transform.bijections.2.branch.layers.0.{name}", model.Tensors.Keys)
        );
        Assert.True(model["transform.bijections.1.initialized"].item<bool>());
        using var optimizer = SafeTensors.Load(Path.Combine(run.Checkpoints.Of(7), "optimizer.safetensors"));
        Assert.Contains("exp_inf/transform.bijections.2.branch.layers.0.weight", optimizer.Tensors.Keys);
    }

    [Fact]
    public void ADamagedOneIsSetAsideAndTheOneBeforeIsTaken()
    {
        using var uncut = new TinyRun(TinyRun.Toy());
        var whole = uncut.Start();
        using var run = new TinyRun(TinyRun.Toy());
        run.Start(stopAfter: 6);
        string file = Path.Combine(run.Checkpoints.Of(6), "model.safetensors");
        byte[] bytes = File.ReadAllBytes(file);
        bytes[^1] ^= 1;
        File.WriteAllBytes(file, bytes);

        var said = new List<string>();
        var end = run.Start(
            sink: IResNet.Experiments.Training.TrainingSink.Of(happened =>
            {
                if (happened is IResNet.Experiments.Training.MessageEvent message)
                    said.Add(message.Text);
            })
        );
        Assert.Equal(whole.Weights, end.Weights);
        Assert.Contains(said, text =>
            text.Contains("SHA-256", StringComparison.Ordinal) && text.Contains("Set aside", StringComparison.Ordinal)
        );
        Assert.Contains(said, text => text.StartsWith("continues from step 4", StringComparison.Ordinal));
        Assert.Single(Directory.GetDirectories(run.Folder.CheckpointsFolder, "damaged-*"));
    }

    [Fact]
    public void WithoutAGoodOneTheRunDoesNotBeginAnew()
    {
        using var run = new TinyRun(TinyRun.Toy());
        run.Start(stopAfter: 6);
        foreach (long step in run.Checkpoints.Steps)
            File.WriteAllText(Path.Combine(run.Checkpoints.Of(step), "checkpoint.json"), "{}");
        string metrics = run.Metrics;
        var fault = Assert.Throws<CheckpointException>(() => run.Start());
        Assert.Contains("none of the 2 checkpoints is good", fault.Message);
        Assert.Equal(metrics, run.Metrics);
        Assert.Equal(RunState.Failed, run.Folder.Summary!.State);
    }

    [Fact]
    public void LeftoversOfAKilledSavingAreSweptAway()
    {
        using var run = new TinyRun(TinyRun.Toy());
        run.Start(stopAfter: 6);
        Directory.CreateDirectory(Path.Combine(run.Folder.CheckpointsFolder, "unfinished-1"));
        File.WriteAllText(Path.Combine(run.Folder.CheckpointsFolder, "unfinished-1", "model.safetensors"), "half");
        File.Delete(Path.Combine(run.Checkpoints.Of(4), "checkpoint.json")); // a deletion that was cut
        run.Start();
        Assert.Empty(Directory.GetDirectories(run.Folder.CheckpointsFolder, "unfinished-*"));
        Assert.DoesNotContain(4, run.Checkpoints.Steps);
        Assert.False(Directory.Exists(run.Checkpoints.Of(4)));
    }
}
