using IResNet.Experiments.Configuration;
using IResNet.Experiments.Training;

namespace IResNet.Tests.Experiments.Configuration;

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
                changed.Model.Coefficient,
                changed.Training.ClipNorm!.Value
            )
        );
        Assert.Equal([2, 3], changed.Model.Blocks);
        Assert.Equal(
            (ActivationKind.Softplus, OptimizerKind.Sgd, "fashion-mnist", false),
            (changed.Model.Activation, changed.Training.Optimizer, changed.Data.Name, changed.Model.Normalized)
        );
        Assert.Null(changed.Run.CheckpointSeconds);
        Assert.Empty(changed.Training.DecaySteps);
        Assert.Equal(changed.Training.LearningRate, ((DensityExperiment)Mnist).Training.LearningRate);
    }

    [Theory]
    [InlineData("training.step=1", "Unknown key 'training.step'. Did you mean 'training.steps'?")]
    [InlineData("steps=1", "Unknown key 'steps'. Did you mean 'training.steps'?")]
    [InlineData("model.coeficient=0.5", "Did you mean 'model.coefficient'?")]
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
        Assert.Contains(message, Assert.Throws<ConfigurationException>(() => Mnist.With(assignment)).Message);

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
        Assert.Contains(message, Assert.Throws<ConfigurationException>(() => ExperimentJson.Read(text)).Message);

    [Fact]
    public void AFileThatGivesFewValuesTakesTheOthersFromThePreset()
    {
        var read = ExperimentJson.Read("""{"experiment":"density-mnist","preset":"quick","training":{"batch":7}}""");
        Assert.Equal(ExperimentJson.Write(Mnist.With("training.batch=7")), ExperimentJson.Write(read));
    }
}
