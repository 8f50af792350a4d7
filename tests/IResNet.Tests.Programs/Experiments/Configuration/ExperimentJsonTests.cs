using IResNet.Experiments.Configuration;
using IResNet.Experiments.Training;
using IResNet.Experiments.Training.Estimators;
using IResNet.Experiments.Training.Optimizers;

namespace IResNet.Tests.Programs.Experiments.Configuration;

public class ExperimentJsonTests
{
    private static readonly Experiment Mnist = ExperimentCatalogue.Get("density-mnist", "quick");

    public static TheoryData<string, string> Presets =>
        [
            .. ExperimentCatalogue.Names.SelectMany(name =>
                ExperimentCatalogue.Presets(name).Select(preset => (name, preset))
            ),
        ];

    [Theory, MemberData(nameof(Presets))]
    public void EveryPresetSurvivesJsonAndIsValid(string name, string preset)
    {
        var experiment = ExperimentCatalogue.Get(name, preset);
        experiment.Validate();
        string text = ExperimentJson.Write(experiment);
        Assert.Equal(text, ExperimentJson.Write(ExperimentJson.Read(text)));
        Assert.Equal((name, preset), (experiment.Name, experiment.Preset));
    }

    [Fact]
    public void EveryExperimentHasTheThreePresets() =>
        Assert.All(ExperimentCatalogue.Names, name =>
            Assert.Superset(
                new HashSet<string> { "quick", "standard", "paper" },
                ExperimentCatalogue.Presets(name).ToHashSet()
            )
        );

    [Fact]
    public void ValuesAreSetByTheirKeys()
    {
        var changed = (DensityExperiment)
            Mnist.With(
                "training.steps=12",
                "training.batch = 16",
                "model.coefficient=0.5",
                "model.blocks=2,3",
                "model.activation=softplus",
                "training.clipNorm=1.5",
                "training.optimizer=sgd",
                "run.checkpointSeconds=null",
                "training.decaySteps=[]",
                "data.name=fashion-mnist",
                "model.normalized=false"
            );
        Assert.Equal(
            (12L, 16, 0.5, 1.5),
            (
                changed.Training.Steps!.Value,
                changed.Training.Batch,
                changed.Model.SpectralNorm.Coefficient,
                changed.Training.ClipNorm!.Value
            )
        );
        Assert.Equal([2, 3], changed.Model.Blocks);
        Assert.Equal(
            (ActivationKind.Softplus, new SgdOptions(), "fashion-mnist", false),
            (
                changed.Model.Activation,
                changed.Training.Optimizer,
                changed.Data.Name,
                changed.Model.SpectralNorm.Enabled
            )
        );
        Assert.Null(changed.Run.CheckpointSeconds);
        Assert.Empty(changed.Training.DecaySteps);
        Assert.Equal(changed.Training.LearningRate, ((DensityExperiment)Mnist).Training.LearningRate);
    }

    [Theory]
    [InlineData("training.step=1", "Unknown key 'training.step'. Did you mean 'training.steps'?")]
    [InlineData("steps=1", "Unknown key 'steps'. Did you mean 'training.steps'?")]
    [InlineData("model.spectralNorm.coeficient=0.5", "Did you mean 'model.spectralNorm.coefficient'?")]
    [InlineData("coefficient=0.5", "Did you mean 'model.spectralNorm.coefficient'?")]
    [InlineData("training.momentum=0.5", "training.optimizer is adamax, which has no setting 'momentum'")]
    [InlineData("training.optimizer.momentum=0.5", "training.optimizer is adamax, which has no setting 'momentum'")]
    [InlineData("training.estimator=newman", "training.estimator is \"newman\". Did you mean 'neumann'?")]
    [InlineData("training.estimator.kind=3", "Choose one of: neumann, powerSeries, roulette.")]
    [InlineData("training.terms=0", "Terms is 0, but must be 1 or more.")]
    [InlineData("model.logitAlpha=0.01", "data.preprocessing.centred is true")]
    [InlineData("model.input=3", "Unknown key 'model.input'")]
    [InlineData("model.blocks=2,2,2", "need one entry per stage")]
    [InlineData("Training.Steps=1", "Did you mean 'training.steps'?")]
    [InlineData("training=1", "Unknown key 'training'")]
    [InlineData("training.steps=many", "training.steps is \"many\", which is no value for it.")]
    [InlineData("training.steps=1.5", "training.steps is 1.5")]
    [InlineData("training.steps=-1", "Steps is -1, but must be 0 or more.")]
    [InlineData("training.optimizer=sdg", "training.optimizer is \"sdg\"")]
    [InlineData("training.optimizer=2", "training.optimizer is ")]
    [InlineData("model.coefficient=1", "strictly between 0 and 1")]
    [InlineData("model.blocks=4,x", "model.blocks")]
    [InlineData("data.name=minst", "Did you mean 'mnist'?")]
    [InlineData("data.std=0", "Std = 0")]
    [InlineData("nonsense", "'nonsense' is no assignment")]
    [InlineData("=3", "is no assignment")]
    [InlineData("experiment=density-cifar10", "'experiment' cannot be changed")]
    public void WrongAssignmentsAreRefusedWithWhatWouldBeRight(string assignment, string message) =>
        RefusedWith(message, () => Mnist.With(assignment));

    [Fact]
    public void AClassifierTakesNoLogit() =>
        RefusedWith(
            "set it to null",
            () => ExperimentCatalogue.Get("classifier-mnist", "quick").With("model.logitAlpha=0.01")
        );

    [Theory]
    [InlineData("", "not a JSON object")]
    [InlineData("[1]", "not a JSON object")]
    [InlineData("null", "not a JSON object")]
    [InlineData("{\"preset\":\"quick\"}", "no \"experiment\"")]
    [InlineData("{\"experiment\":\"density-mnits\",\"preset\":\"quick\"}", "Did you mean 'density-mnist'?")]
    [InlineData("{\"experiment\":\"density-mnist\",\"preset\":\"quik\"}", "Did you mean 'quick'?")]
    [InlineData(
        "{\"experiment\":\"density-mnist\",\"preset\":\"quick\",\"training\":{\"stepz\":1}}",
        "Did you mean 'training.steps'?"
    )]
    [InlineData("{\"experiment\":\"density-mnist\",\"preset\":\"quick\",\"preset\":\"quick\"}", "not a JSON object")]
    [InlineData("{\"experiment\":\"density-mnist\",\"preset\":\"quick\",\"training\":7}", "Unknown key 'training'")]
    public void BrokenFilesAreRefused(string text, string message) =>
        RefusedWith(message, () => ExperimentJson.Read(text));

    /// <summary>In a sentence of ours, without the name of an argument.</summary>
    private static void RefusedWith(string message, Func<object> action)
    {
        string said = Assert.Throws<ConfigurationException>(action).Message;
        Assert.Contains(message, said);
        Assert.DoesNotContain("(Parameter", said);
    }

    [Fact]
    public void AFileThatGivesFewValuesTakesTheOthersFromThePreset()
    {
        var read = ExperimentJson.Read("""{"experiment":"density-mnist","preset":"quick","training":{"batch":7}}""");
        Assert.Equal(ExperimentJson.Write(Mnist.With("training.batch=7")), ExperimentJson.Write(read));
    }

    /// <summary>A kind is chosen by its name; what the kinds have in common stays.</summary>
    [Theory]
    [InlineData("training.estimator=powerSeries", "training.estimator.terms=9")]
    [InlineData("training.estimator.kind=powerSeries", "training.terms=9")]
    [InlineData("training.terms=9", "training.estimator=powerSeries")]
    public void AKindIsChosenInAnyOrder(params string[] assignments)
    {
        var changed = (DensityExperiment)Mnist.With(assignments);
        Assert.Equal(new PowerSeriesOptions { Terms = 9 }, changed.Training.Estimator);
        Assert.Equal(
            new NeumannOptions { Terms = 9 },
            ((DensityExperiment)changed.With("training.estimator=neumann")).Training.Estimator
        );
        Assert.Null(((DensityExperiment)changed.With("training.estimator=null")).Training.Estimator);
        Assert.Equal("null", ExperimentJson.Values(changed.With("training.estimator=null"))["training.estimator"]);
    }

    [Fact]
    public void EveryKindSurvivesJson()
    {
        var start = (DensityExperiment)Mnist;
        UpdateRule[] optimizers = [new AdamaxOptions(), new AdamOptions(), new SgdOptions { Momentum = 0.25 }];
        EstimatorOptions?[] estimators =
        [
            null,
            new NeumannOptions { Terms = 3 },
            new PowerSeriesOptions { Probes = 2 },
        ];
        foreach (var optimizer in optimizers)
            foreach (var estimator in estimators)
            {
                var training = start.Training with { Optimizer = optimizer, Estimator = estimator };
                string written = ExperimentJson.Write(start with { Training = training });
                var read = (DensityExperiment)ExperimentJson.Read(written);
                Assert.Equal((optimizer, estimator), (read.Training.Optimizer, read.Training.Estimator));
            }
    }

    /// <summary>The data decide the shape of the model's input, whatever key changes them.</summary>
    [Fact]
    public void TheModelsInputFollowsTheData()
    {
        var changed = (DensityExperiment)Mnist.With("data.pad=2", "data.preprocessing.copies=3");
        Assert.Equal(new ImageShape(3, 32, 32), changed.Model.Input);
        var wrong = changed with { Data = changed.Data with { Preprocessing = new() { Dequantise = true } } };
        Assert.Contains(
            "Input is 3x32x32, but the preprocessed images are 1x28x28",
            Assert.Throws<ConfigurationException>(wrong.Validate).Message
        );
    }
}
