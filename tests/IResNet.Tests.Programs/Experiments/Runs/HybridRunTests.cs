using IResNet.Experiments.Configuration;
using IResNet.Experiments.Data;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Statistics;
using IResNet.Experiments.Training;

namespace IResNet.Tests.Programs.Experiments.Runs;

/// <summary>Hybrid models from their run folders: figures, samples of a class, and what is not to be mixed
/// up.</summary>
public sealed class HybridRunTests : IDisposable
{
    private static readonly Lazy<TinyRun> Density = new(() => Trained(TinyRun.Density("run.samples=0"))),
        Hybrid = new(() => Trained(TinyRun.Hybrid("run.samples=0")));

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task EvaluationGivesErrorCalibrationAndBits()
    {
        using var saved = SavedModel.Open(Hybrid.Value.Folder.Path);
        var found = await ModelEvaluation.Evaluate(
            saved,
            error: 0.05,
            count: 12,
            images: TinyRun.Images,
            cancel: TestContext.Current.CancellationToken
        );
        var hybrid = Assert.IsType<HybridEvaluation>(found);
        Assert.Equal(("error", 12), (found.Metric, found.Examples));
        Assert.Equal(found.Value, hybrid.Classification.Error);
        Assert.InRange(hybrid.Classification.CalibrationError!.Value, 0, 1);
        Assert.Equal(12, hybrid.Density.Images);
        Assert.InRange(hybrid.Density.BiasBound, 0, 0.025);
        Assert.Matches("% error .* calibration error .* bits/dim", found.ToString());
        Assert.Contains("calibration error", Hybrid.Value.Folder.Summary!.Test);
    }

    [Fact]
    public void SamplesOfAClass()
    {
        using var saved = SavedModel.Open(Hybrid.Value.Folder.Path);
        string path = In("seven.safetensors");
        saved.Experiment.SaveSamples(saved.Model, path, new(3, 0.8, Seed: 5, Class: 7));
        using var file = SafeTensors.Load(path);
        using var scope = NewDisposeScope();
        var expected = ((HybridFlow)saved.Model.Flow).SampleClass(7, 3, 0.8, generator: new Generator(5));
        Expect.Near(file.Tensors["samples"], expected, 0, "samples");
        saved.Experiment.SaveSamples(saved.Model, In("all.safetensors"), new(3, 0.8, Seed: 5));
        using var all = SafeTensors.Load(In("all.safetensors"));
        Assert.True(Expect.MaxAbs(all.Tensors["samples"] - expected) > 1e-3);
        foreach (int label in new[] { -1, 10 })
            Assert.Contains(
                $"There is no class {label}: this model has the classes 0 to 9.",
                Assert
                    .Throws<ConfigurationException>(() =>
                        saved.Experiment.SaveSamples(saved.Model, path, new(1, Class: label))
                    )
                    .Message
            );
    }

    [Fact]
    public void ADensityHasNoClasses()
    {
        using var saved = SavedModel.Open(Density.Value.Folder.Path);
        var settings = new SampleSettings(1, Class: 7);
        Assert.Contains(
            "Class 7 was asked for, but a MultiscaleFlow knows no classes",
            Assert
                .Throws<ConfigurationException>(() => saved.Experiment.SaveSamples(saved.Model, In("s.png"), settings))
                .Message
        );
        Assert.False(File.Exists(In("s.png")));
    }

    /// <summary>The shares by hand, from the same draws.</summary>
    [Fact]
    public void SamplesAreJudgedByAClassifier()
    {
        using var hybrid = SavedModel.Open(Hybrid.Value.Folder.Path);
        using var density = SavedModel.Open(Density.Value.Folder.Path);
        using var judge = Judge();
        var settings = new SampleSettings(40, 0.8, Seed: 3);
        var images = TinyRun.Images.Test;
        var cancel = TestContext.Current.CancellationToken;
        var found = SampleJudgement.Of(hybrid, judge, settings, images, cancel);
        using var scope = NewDisposeScope();
        var (sure, right) = (0, 0);
        for (int label = 0; label < 10; label++)
        {
            var x = ((HybridFlow)hybrid.Model.Flow).SampleClass(
                label,
                4,
                0.8,
                generator: new Generator(3 + (ulong)label)
            );
            var pixels = ((x + 0.5) * 256).floor().clamp(0, 255) / 255;
            var classes = judge.Model.Classifier!.forward(pixels - 0.5).softmax(1);
            sure += classes.amax([1]).ge(0.9).sum().ToInt32();
            right += classes.argmax(1).eq(label).sum().ToInt32();
        }
        Assert.Equal(Proportion.Of(sure, 40), found.Sure);
        Assert.Equal(Proportion.Of(right, 40), found.Right);
        Assert.Equal(images.Count, found.Images.Trials);
        Assert.InRange(found.Sure.Share, 0.01, 0.99);
        Assert.InRange(found.Right!.Value.Share, 0.01, 0.99);
        Assert.Matches("% .* of 40 samples get a class with at least 0.9 .* of 16 test images; .* own", $"{found}");

        Assert.Null(SampleJudgement.Of(density, judge, settings, images, cancel).Right);
        SavedModel[][] wrong =
        [
            [judge, judge],
            [hybrid, density],
        ];
        string[] messages = ["draws no pictures", "density-mnist is no classifier"];
        foreach (var (pair, message) in wrong.Zip(messages))
            Assert.Contains(
                message,
                Assert
                    .Throws<ConfigurationException>(() =>
                        SampleJudgement.Of(pair[0], pair[1], settings, images, cancel)
                    )
                    .Message
            );
        Assert.Contains(
            "9 samples of 10 classes",
            Assert
                .Throws<ConfigurationException>(() => SampleJudgement.Of(hybrid, judge, new(9), images, cancel))
                .Message
        );
    }

    /// <summary>Run folders, exported files and bare weights alike.</summary>
    [Fact]
    public void OneKindIsNotOpenedAsTheOther()
    {
        foreach (var (run, other) in new[] { (Hybrid.Value, Density.Value), (Density.Value, Hybrid.Value) })
        {
            string file = In("w.safetensors"),
                bare = In("bare.safetensors");
            using (var saved = SavedModel.Open(run.Folder.Path))
            {
                Exchange.Export(saved, file);
                SafeTensors.Save(bare, saved.Model.Module.state_dict());
            }
            foreach (string path in new[] { run.Folder.Path, file })
                Assert.Contains(
                    $"holds a model of {run.Experiment.Name}",
                    Assert
                        .Throws<ConfigurationException>(() => SavedModel.Open(path, choose: _ => other.Experiment))
                        .Message
                );
            Assert.Matches(
                "weights of a hybrid model, with 'prior.means'|weights know no classes",
                Assert
                    .Throws<WeightsFormatException>(() => SavedModel.Open(bare, choose: _ => other.Experiment))
                    .Message
            );
        }
    }

    [Fact]
    public void ADensityBeginsAHybrid()
    {
        using (var saved = SavedModel.Open(Density.Value.Folder.Path))
            Exchange.Export(saved, In("density.safetensors"));
        Exchange.Import(In("density.safetensors"), In("hybrid"), _ => Hybrid.Value.Experiment);
        using var density = SavedModel.Open(In("density.safetensors"));
        using var begun = SavedModel.Open(In("hybrid"));
        using var scope = NewDisposeScope();
        foreach (var model in new[] { density.Model.Flow, begun.Model.Flow })
            model.WithEstimator(new NoLogDet());
        var x = begun.Experiment.Examples(TinyRun.Images, 4);
        Expect.Close(begun.Model.Flow.forward(x), density.Model.Flow.forward(x), 1e-5, "ln p(x)");

        using var on = new TinyRun(Hybrid.Value.Experiment);
        Directory.Move(In("hybrid"), on.Folder.Path);
        Assert.Equal(RunState.Finished, on.Start().State);

        // Gaussians that do not know the classes are fitted before the first step, and stay where they are not learned.
        using var fitted = SavedModel.Open(on.Folder.Path);
        Assert.False(((ClassGaussians)((HybridFlow)fitted.Model.Flow).Joint).AreAlike);
        using var still = new TinyRun(TinyRun.Hybrid("model.learnedPrior=false", "head.rank=2"));
        Exchange.Import(In("density.safetensors"), still.Folder.Path, _ => still.Experiment);
        Assert.Equal(RunState.Finished, still.Start().State);
        using var kept = SavedModel.Open(still.Folder.Path);
        var gaussians = (ClassGaussians)((HybridFlow)kept.Model.Flow).Joint;
        Assert.False(gaussians.AreAlike);
        Assert.Equal(2, gaussians.Loadings!.size(2));
        using var fresh = new TinyRun(still.Experiment);
        Assert.Contains(
            "the same for every class",
            Assert.Throws<ConfigurationException>(() => fresh.Start()).Message
        );

        // Not the other way round.
        using (var saved = SavedModel.Open(Hybrid.Value.Folder.Path))
            Exchange.Export(saved, In("h.safetensors"));
        Assert.Throws<ConfigurationException>(() =>
            Exchange.Import(In("h.safetensors"), In("no"), _ => Density.Value.Experiment)
        );

        // A hybrid's flow, with another head.
        Exchange.Import(In("h.safetensors"), In("other"), _ => still.Experiment);
        using var other = SavedModel.Open(In("other"));
        using var hybrid = SavedModel.Open(In("h.safetensors"));
        Expect.Close(other.Model.Flow.LatentsOf(x), hybrid.Model.Flow.LatentsOf(x), 1e-5, "latents");
        Assert.True(((ClassGaussians)((HybridFlow)other.Model.Flow).Joint).AreAlike);
    }

    [Fact]
    public void ImpossibleSettingsAreNamed()
    {
        Assert.Contains(
            "Weight is -0.5, but must be 0 or more",
            Assert.Throws<ConfigurationException>(() => TinyRun.Hybrid("training.weight=-0.5")).Message
        );
        Assert.Contains(
            "training.weight is \"NaN\"",
            Assert.Throws<ConfigurationException>(() => TinyRun.Hybrid("training.weight=NaN")).Message
        );
        Assert.Contains(
            "dequantise is false",
            Assert.Throws<ConfigurationException>(() => TinyRun.Hybrid("data.preprocessing.dequantise=false")).Message
        );
        Assert.Contains(
            "Width must be at least 1",
            Assert.Throws<ConfigurationException>(() => TinyRun.Hybrid("head=scaleHead", "head.width=0")).Message
        );
        Assert.Contains(
            "ClassShift and ClassWarp, for the classes' images: MaxShift = 40",
            Assert.Throws<ConfigurationException>(() => TinyRun.Hybrid("training.classShift=40")).Message
        );
    }

    [Fact]
    public void NothingToLearnIsNoTraining()
    {
        using var run = new TinyRun(TinyRun.Hybrid("model.learnedTransform=false", "model.learnedPrior=false"));
        var fault = Assert.Throws<ConfigurationException>(() => run.Start());
        Assert.Contains("no parameter to train: set model.learnedTransform", fault.Message);
    }

    /// <summary>What the classes are taken of is augmented, and nothing else.</summary>
    [Fact]
    public void TheClassesCanHaveImagesOfTheirOwn()
    {
        using var own = TaskOf("training.batch=8");
        using var other = TaskOf("training.batch=8", "training.classShift=2", "training.classWarp=0.1");
        using var same = TaskOf("training.batch=8", "data.preprocessing.maxShift=2", "data.preprocessing.maxWarp=0.1");
        using var scope = NewDisposeScope();
        for (int i = 0; i < 3; i++)
        {
            Batch plain = own.Next(),
                both = other.Next(),
                augmented = same.Next();
            Assert.Null(plain.Views);
            Expect.Near(both.Images, plain.Images, 0, "the density's images");
            Expect.Near(both.Views!, augmented.Images, 0, "the classes' images");
            Assert.True(both.Labels.Equals(plain.Labels) && both.Labels.Equals(augmented.Labels));
            Assert.True(Expect.MaxAbs(both.Views! - both.Images) > 0.1);
        }
    }

    private static TrainingTask TaskOf(params string[] settings)
    {
        var experiment = TinyRun.Hybrid(settings);
        return experiment.CreateTask(experiment.CreateModel(CPU), TinyRun.Images);
    }

    /// <summary>A classifier of sharp opinions: its logits are scaled.</summary>
    private static SavedModel Judge()
    {
        using var run = Trained(TinyRun.Classifier());
        var judge = SavedModel.Open(run.Folder.Path);
        using var noGrad = no_grad();
        foreach (var parameter in judge.Model.Module.parameters().TakeLast(2))
            parameter.mul_(20);
        return judge;
    }

    private static TinyRun Trained(Experiment experiment)
    {
        var run = new TinyRun(experiment);
        run.Start();
        return run;
    }

    private string In(string name) => Path.Combine(_folder.Path, name);
}
