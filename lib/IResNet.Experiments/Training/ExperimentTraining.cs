using IResNet.Experiments.Configuration;
using IResNet.Experiments.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training;

/// <summary>
/// Trains an experiment in this process and keeps nothing on disk; <c>iresnet train</c> makes the same training a run
/// that survives. Networks that are compared (Tables 2 and 3, Figure 2) are experiments that differ in one value:
/// <code>
/// var like = (ClassifierExperiment)ExperimentCatalogue.Get("classifier-mnist", "quick");
/// using var constrained = await ExperimentTraining.Run(like.With("model.coefficient=0.5"), mnist);
/// using var vanilla = await ExperimentTraining.Run(like.With("model.normalized=false"), mnist);
/// </code>
/// </summary>
public static class ExperimentTraining
{
    /// <summary>Trains, and evaluates on the test examples.</summary>
    /// <param name="experiment">What, and how.</param>
    /// <param name="images">Its data set, where it is in memory already; else it is loaded.</param>
    /// <param name="sink">Told about every step, on the training's thread; nobody by default.</param>
    /// <param name="cancel">Ends the training after the step in hand; the result then has no
    /// <see cref="TrainingResult{T}.Test"/>.</param>
    /// <exception cref="ConfigurationException">The experiment is impossible.</exception>
    /// <exception cref="DataSetException">The data cannot be had.</exception>
    /// <exception cref="ShapeException">The images do not fit the model.</exception>
    /// <exception cref="TrainingDivergedException">Loss or gradient is not finite, or the loss exploded.</exception>
    public static async Task<TrainedExperiment> Run(
        Experiment experiment,
        ImageDataSet? images = null,
        ITrainingSink? sink = null,
        CancellationToken cancel = default
    )
    {
        experiment.Validate();
        var data = images ?? await experiment.LoadData(null, cancel);
        var model = experiment.CreateModel(CPU);
        try
        {
            var training = await InlineTraining.Run<Evaluation>(
                () => experiment.CreateTask(model, data),
                experiment.Options,
                sink,
                cancel
            );
            return new(experiment, model, training);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}

/// <summary>A model that was trained for an experiment.</summary>
/// <param name="Experiment">What it was trained for, and how.</param>
/// <param name="Model">The model, ready for evaluation; its invertible part is frozen at certified norms. Disposed with
/// this.</param>
/// <param name="Training">Losses, time and test figure.</param>
public sealed record TrainedExperiment(Experiment Experiment, TrainedModel Model, TrainingResult<Evaluation> Training)
    : IDisposable
{
    /// <summary>Mean time of a training step in seconds.</summary>
    public double SecondsPerStep => Training.Seconds / Training.Steps;

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();
}
