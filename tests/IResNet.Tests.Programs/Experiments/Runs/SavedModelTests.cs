using IResNet.Experiments.Configuration;
using IResNet.Experiments.Runs;
using IResNet.Tests.Programs.Experiments.Training;

namespace IResNet.Tests.Programs.Experiments.Runs;

public sealed class SavedModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Kinds =>
        [
            "density",
            "classifier",
            "hybrid",
            "hybrid, scales",
            "resnet",
            "toy",
            "Glow density",
            "Glow classifier",
            "Glow toy",
            "residual flow",
            "i-DenseNet",
        ];

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(Kinds))]
    public void ExportedWeightsAreThoseOfTheRunAndNameTheirExperiment(string kind)
    {
        using var run = Trained(kind);
        using var saved = SavedModel.Open(run.Folder.Path);
        Exchange.Export(saved, In("w.safetensors"));
        using var back = SavedModel.Open(In("w.safetensors"));
        Assert.Equal(ExperimentJson.Write(saved.Experiment), ExperimentJson.Write(back.Experiment));
        AssertSame(saved, back);
        Assert.Equal(run.Folder.Summary!.TestFigure, back.Summary!.TestFigure);
        Assert.Equal("", back.Summary.Machine.Host);
        using var file = SafeTensors.Load(In("w.safetensors"));
        Assert.Equal(
            kind is "density" or "classifier",
            file.Tensors.Keys.Any(name => name.EndsWith("weight_orig", StringComparison.Ordinal))
        );
        Assert.Equal(
            kind is "residual flow" or "i-DenseNet",
            file.Tensors.Keys.Any(name => name.EndsWith("geom_p", StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task WhereThereIsNoFileTheExperimentIsTrainedHere()
    {
        var experiment = TinyRun.Toy();
        Task<SavedModel> Toy() =>
            SavedModel.OpenOrTrain(
                In("w.safetensors"),
                experiment,
                cancel: TestContext.Current.CancellationToken
            );
        using var trained = await Toy();
        Assert.Equal("12 steps here", trained.Source);
        using var untrained = experiment.CreateModel(CPU);
        Assert.NotEqual(Weights(untrained), Weights(trained.Model));

        Exchange.Export(trained, In("w.safetensors"));
        using var opened = await Toy();
        Assert.Equal(In("w.safetensors"), opened.Source);
        AssertSame(trained, opened);

        static double Weights(TrainedModel model) =>
            model.Module.parameters().Sum(parameter => parameter.abs().sum().ToDouble());
    }

    /// <summary>Only what is searched anew is left out, and the certified model is the same to the bit.</summary>
    [Theory, InlineData("hybrid"), InlineData("toy"), InlineData("density")]
    public void CompactWeightsLeaveOutWhatIsFoundAgain(string kind)
    {
        using var scope = NewDisposeScope();
        using var run = Trained(kind);
        using var saved = SavedModel.Open(run.Folder.Path);
        if (kind == "density")
        {
            var fault = Assert.Throws<ConfigurationException>(() =>
                Exchange.Export(saved, In("w.safetensors"), isCompact: true)
            );
            Assert.Contains("leave --compact out", fault.Message);
            return;
        }
        Exchange.Export(saved, In("full.safetensors"));
        Exchange.Export(saved, In("w.safetensors"), isCompact: true);
        using (var full = SafeTensors.Load(In("full.safetensors")))
        using (var compact = SafeTensors.Load(In("w.safetensors")))
        {
            var left = full.Tensors.Keys.Except(compact.Tensors.Keys).ToList();
            Assert.Equal(3 * saved.Model.Module.modules().OfType<SpectralLayer>().Count(), left.Count);
            Assert.Empty(compact.Tensors.Keys.Except(full.Tensors.Keys));
        }
        using var back = SavedModel.Open(In("w.safetensors"));
        var (own, found) = (saved.Model.Flow, back.Model.Flow);
        own.Freeze();
        found.Freeze();
        var z = own.Prior.Sample(3);
        using var noGrad = no_grad();
        Assert.Equal(own.Transform.Inverse(z).Value.data<float>(), found.Transform.Inverse(z).Value.data<float>());
        IEnumerable<SpectralLayer> Layers(Flow of) => of.modules().OfType<SpectralLayer>();
        foreach (var (layer, searched) in Layers(own).Zip(Layers(found)))
        {
            layer.PowerIteration(500);
            double norm = layer.Sigma.ToDouble();
            Assert.InRange(searched.Sigma.ToDouble(), 0.97 * norm, 1.0001 * norm);
        }
    }

    [Fact]
    public async Task AStoppedTrainingGivesNoModel()
    {
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            SavedModel.OpenOrTrain(In("w.safetensors"), TinyRun.Toy(), cancel: stopped.Token)
        );
    }

    [Theory, MemberData(nameof(Kinds))]
    public void AnImportedModelTrainsOn(string kind)
    {
        using var run = Trained(kind);
        using (var saved = SavedModel.Open(run.Folder.Path))
            Exchange.Export(saved, In("w.safetensors"));
        Exchange.Import(In("w.safetensors"), In("imported"), present => present!);
        using (var saved = SavedModel.Open(run.Folder.Path))
        using (var imported = SavedModel.Open(In("imported")))
            AssertSame(saved, imported);

        using var on = new TinyRun(run.Experiment);
        Directory.Move(In("imported"), on.Folder.Path);
        var summary = on.Start();
        Assert.Equal((RunState.Finished, 12L), (summary.State, summary.Step));
        Assert.NotEqual(run.Folder.Summary!.Weights, summary.Weights);
    }

    /// <summary>An official state_dict says nothing of its experiment: the options must.</summary>
    [Fact]
    public void AFileWithoutAnExperimentNeedsOne()
    {
        using var run = Trained("density");
        using (var saved = SavedModel.Open(run.Folder.Path))
            SafeTensors.Save(In("plain.safetensors"), OfficialWeights.Named(saved.Model.Flow));
        Assert.Contains(
            "does not say which experiment",
            Assert.Throws<ConfigurationException>(() => SavedModel.Open(In("plain.safetensors"))).Message
        );
        using (var saved = SavedModel.Open(run.Folder.Path))
        using (var named = SavedModel.Open(In("plain.safetensors"), choose: _ => run.Experiment))
            AssertSame(saved, named);
        var wider = run.Experiment.With("model.hidden=5,5");
        Assert.Throws<WeightsFormatException>(() => SavedModel.Open(In("plain.safetensors"), choose: _ => wider));
    }

    [Fact]
    public void WhichCheckpoint()
    {
        using var run = Trained("density", stopAfter: 11);
        var steps = run.Checkpoints.Steps;
        Assert.Equal(11, steps[0]);
        using (var last = SavedModel.Open(run.Folder.Path))
            Assert.StartsWith("step 11 of", last.Source);
        using (var best = SavedModel.Open(run.Folder.Path, "best"))
            Assert.StartsWith($"step {run.Folder.Summary!.Best!.Step} of", best.Source);
        using (var older = SavedModel.Open(run.Folder.Path, $"{steps[^1]}"))
            Assert.StartsWith($"step {steps[^1]} of", older.Source);
        Assert.Contains(
            "no checkpoint of step 5: there are 11",
            Assert.Throws<RunFolderException>(() => SavedModel.Open(run.Folder.Path, "5")).Message
        );
        Assert.Contains(
            "choose last, best or a step",
            Assert.Throws<RunFolderException>(() => SavedModel.Open(run.Folder.Path, "newest")).Message
        );
        Assert.Throws<RunFolderException>(() => SavedModel.Open(In("nothing")));
    }

    /// <summary>Where an average is kept, it is the model; else the last weights are.</summary>
    [Fact]
    public void TheAverageIsTheModel()
    {
        using var with = Trained("density");
        using var saved = SavedModel.Open(with.Folder.Path);
        using var raw = SafeTensors.Load(Path.Combine(with.Checkpoints.Of(12), "model.safetensors"));
        using var average = SafeTensors.Load(Path.Combine(with.Checkpoints.Of(12), "average.safetensors"));
        const string Name = "transform.bijections.2.branch.layers.0.weight";
        Assert.Contains("averaged", saved.Source);
        Assert.Equal(0, Expect.MaxAbs(saved.Model.Flow.ResidualBlocks[0].Branch.Layers[0].Weight - average[Name]));
        Assert.NotEqual(0, Expect.MaxAbs(raw[Name] - average[Name]));
    }

    [Fact]
    public void ATrainedModelIsCertified()
    {
        using var run = Trained("density");
        using var saved = SavedModel.Open(run.Folder.Path);
        var proof = Certification.Of(saved.Model.Flow);
        Assert.True(proof.IsInvertible);
        Assert.Equal((6, 2), (proof.Layers.Count, proof.Blocks.Count));
        Assert.All(proof.Layers, layer => Assert.InRange(layer.Frozen, 0, 0.9 + 1e-6));
        Assert.All(proof.Blocks, block => Assert.InRange(block.Frozen, 0, 0.729 + 1e-6));
        // Estimates come from below, bounds from above, and training holds the estimates to c.
        Assert.All(proof.Layers, layer => Assert.InRange(layer.Estimate, 0, Math.Min(layer.Trained, 0.9) + 1e-5));
        Assert.All(proof.Blocks, block => Assert.InRange(block.Estimate, 0, block.Trained + 1e-5));
    }

    /// <summary>
    /// Lemma 2 on pairs of points: no pair is stretched or squeezed by more than the bounds, and an inverse that stops
    /// early is no farther off than promised.
    /// </summary>
    [Theory, InlineData("toy"), InlineData("i-DenseNet")]
    public void BlocksKeepTheirCertificates(string kind)
    {
        using var run = Trained(kind);
        using var saved = SavedModel.Open(run.Folder.Path);
        var proof = Certification.Of(saved.Model.Flow);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        manual_seed(3);
        foreach (var (block, certificate) in saved.Model.Flow.ResidualBlocks.Zip(proof.Blocks))
        {
            Tensor x = randn(4000, 2) * 2,
                dx = randn(4000, 2) * 0.1,
                y = block.forward(x).y;
            var stretch = (block.forward(x + dx).y - y).norm(1) / dx.norm(1);
            Assert.InRange(stretch.max().ToDouble(), 0, certificate.Forward * (1 + 1e-4));
            Assert.InRange(1 / stretch.min().ToDouble(), 0, certificate.Inverse * (1 + 1e-4));
            var early = block.Inverse(y, FixedPoint.Iterations(2));
            double error = (early.Value - x).norm(1).max().ToDouble();
            double residual = (block.forward(early.Value).y - y).norm(1).max().ToDouble();
            Assert.InRange(error, 1e-6, certificate.Inverse * residual * (1 + 1e-4));
        }
    }

    /// <summary>
    /// Negative control: without normalization and with large weights nothing is certain, and that is said.
    /// </summary>
    [Fact]
    public void AnUnconstrainedModelIsNot()
    {
        using var model = TinyRun.Toy("model.normalized=false").CreateModel(CPU);
        using (no_grad())
            foreach (var block in model.Flow.ResidualBlocks)
                block.Branch.Layers[0].Weight.mul_(20);
        Assert.False(Certification.Of(model.Flow).IsInvertible);
    }

    /// <summary>What has no inverse says so, instead of failing somewhere inside.</summary>
    [Fact]
    public void ABaselineHasNothingToInvert()
    {
        using var run = Trained("resnet");
        using var saved = SavedModel.Open(run.Folder.Path);
        Assert.False(saved.Model.Module.training);
        Assert.Null(saved.Model.Invertible);
        Assert.Contains(
            "ResNet has no invertible part",
            Assert.Throws<ConfigurationException>(() => saved.Model.Flow).Message
        );
        Assert.Contains(
            "run.samples is 4, but must be 0",
            Assert.Throws<ConfigurationException>(() => TinyRun.ResNet("run.samples=4")).Message
        );
    }

    private string In(string name) => Path.Combine(_folder.Path, name);

    private static TinyRun Trained(string kind, long? stopAfter = null)
    {
        var run = new TinyRun(
            kind switch
            {
                "density" => TinyRun.Density(),
                "classifier" => TinyRun.Classifier(),
                "hybrid" => TinyRun.Hybrid(),
                "hybrid, scales" => TinyRun.Hybrid("head=scaleHead", "head.width=4"),
                "resnet" => TinyRun.ResNet(),
                "Glow density" => TinyRun.Density("model.kind=affineGlow"),
                "Glow classifier" => TinyRun.Classifier("model.kind=additiveGlow"),
                "Glow toy" => TinyRun.Toy("model.kind=affineGlow"),
                "residual flow" => TinyRun.ResidualFlow(),
                "i-DenseNet" => TinyRun.DenseToy(),
                _ => TinyRun.Toy(),
            }
        );
        run.Start(stopAfter);
        return run;
    }

    private static void AssertSame(SavedModel one, SavedModel other)
    {
        using var scope = NewDisposeScope();
        foreach (var (name, tensor) in one.Model.Module.state_dict())
            Assert.True(
                Expect.MaxAbs(
                    tensor.to(ScalarType.Float64) - other.Model.Module.state_dict()[name].to(ScalarType.Float64)
                ) == 0,
                name
            );
    }
}
