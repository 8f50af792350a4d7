using IResNet.Experiments.Configuration;
using IResNet.Experiments.Data;
using IResNet.Experiments.Training;

namespace IResNet.Experiments.Runs;

/// <summary>The figure of a trained model on test examples.</summary>
public static class ModelEvaluation
{
    /// <summary>As the model's experiment evaluates: bits/dim to a stated error, the error of a classifier, nats of a
    /// 2-D density.</summary>
    /// <param name="saved">The model.</param>
    /// <param name="error">See <see cref="EvaluationSettings.Error"/>.</param>
    /// <param name="count">The first so many test examples; null for all, or 10,000 points.</param>
    /// <param name="progress">Told in words how far it is.</param>
    /// <param name="images">The experiment's data set, where it is in memory already; else it is loaded for this
    /// evaluation.</param>
    /// <param name="cancel">Stops between two batches.</param>
    /// <exception cref="ConfigurationException">The error cannot be reached.</exception>
    /// <exception cref="DataSetException">The data cannot be had.</exception>
    public static async Task<Evaluation> Evaluate(
        SavedModel saved,
        double error,
        int? count = null,
        Action<string>? progress = null,
        ImageDataSet? images = null,
        CancellationToken cancel = default
    )
    {
        var data = images ?? await saved.Experiment.LoadData(null, cancel);
        try
        {
            return await TrainingThread.Run(() =>
                saved.Experiment.Evaluate(saved.Model, data, new(error, count, progress), cancel)
            );
        }
        catch (ArgumentException fault) when (fault is not ShapeException)
        {
            throw ConfigurationException.Of(fault);
        }
    }
}
