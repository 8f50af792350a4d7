using IResNet.Experiments.Data;
using IResNet.Experiments.Training;

namespace IResNet.Experiments.Configuration;

/// <summary>A classifier of images (section 5.1, Table 2).</summary>
public sealed record ClassifierExperiment : Experiment
{
    /// <summary>The images.</summary>
    public required ImageDataSettings Data { get; init; }

    /// <summary>The body.</summary>
    public ModelSettings Model { get; init; } = new();

    /// <summary>How it is trained.</summary>
    public ClassifierTrainingOptions Training { get; init; } = new();

    internal override TrainingOptions Options => Training;

    internal override Task<ImageDataSet?> LoadData(DataOptions? options, CancellationToken cancel) =>
        Data.Load(options, cancel);

    private protected override void ValidateModel()
    {
        Data.ValidateForClassifier();
        _ = Model.For(Data.ModelInput);
    }

    private protected override TrainedModel BuildModel()
    {
        var classifier = new Classifier(Model.For(Data.ModelInput), Data.Classes);
        return new(classifier, classifier.Body);
    }

    private protected override TrainingTask BuildTask(TrainedModel model, ImageDataSet? data) =>
        new ClassifierTask(model.Classifier!, Data.Split(data!), Data.Preprocessing, Training);
}
