using IResNet.Experiments.Configuration;
using IResNet.Experiments.Data;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Training;

namespace Extension.Parts;

/// <summary>Options with one of their own.</summary>
internal sealed record StripesOptions : TrainingOptions
{
    /// <summary>Images of each class in the training set.</summary>
    public int Images { get; init; } = 48;
}

/// <summary>An experiment on a data set, with a model and a task, all of them from outside.</summary>
internal sealed record StripesExperiment : Experiment
{
    public StripesOptions Training { get; init; } =
        new()
        {
            Steps = 8,
            Batch = 16,
            EvaluateEvery = 4,
            InitialExamples = 64,
        };

    public override TrainingOptions Options => Training;

    public override Task<ImageDataSet?> LoadData(DataOptions? options, CancellationToken cancel) =>
        Task.FromResult<ImageDataSet?>(Stripes.Create(2 * Training.Images));

    public override Tensor Examples(ImageDataSet? data, int count) =>
        new Batches(data!.Test, StripesTask.Preprocessing, seed: 1, new() { Size = count }).Next().Images;

    public override void SaveSamples(TrainedModel model, string path, SampleSettings settings) =>
        ModelSamples.Save(model.Flow, path, settings, StripesTask.Preprocessing.ToPixels);

    protected override void ValidateModel()
    {
        if (Training.Images < Training.Batch)
            throw new ArgumentException($"training.images is {Training.Images}: a batch has {Training.Batch}.");
    }

    protected override TrainedModel BuildModel()
    {
        var flow = new MixedFlow();
        flow.WithEstimator(new NeumannSeries(terms: 3));
        return new(flow, flow);
    }

    protected override TrainingTask BuildTask(TrainedModel model, ImageDataSet? data) =>
        new StripesTask(model.Flow, data!, Training);
}
