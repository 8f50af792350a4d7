using System.Globalization;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Data;
using IResNet.Experiments.Training;

namespace IResNet.Experiments.Runs;

/// <summary>The figure of a trained model on test examples.</summary>
public static class ModelEvaluation
{
    /// <summary>Bits/dim to a stated error; error of a classifier; nats of a 2-D density.</summary>
    /// <param name="saved">The model.</param>
    /// <param name="error">See <see cref="DensityEvaluator.EvaluateTo"/>; classifiers and 2-D densities are evaluated
    /// exactly.</param>
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
        ImageSplit First(ImageSplit split) => count < split.Count ? split[..count.Value] : split;
        var data = images ?? await saved.Experiment.LoadData(null, cancel);
        void Round(int probes, double probeError) =>
            progress?.Invoke(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{probes} probes: standard error {probeError:g3} bits/dim, to be {error / 2:g3}"
                )
            );
        try
        {
            return await TrainingThread.Run<Evaluation>(() =>
                saved.Experiment switch
                {
                    DensityExperiment density => DensityEvaluator.EvaluateTo(
                        error,
                        saved.Model.Flow,
                        First(data!.Test),
                        density.Data.Preprocessing,
                        density.Training.Seed,
                        Round,
                        cancel
                    ),
                    ClassifierExperiment classifier => ClassifierEvaluator.Evaluate(
                        saved.Model.Classifier!,
                        First(data!.Test),
                        classifier.Data.Preprocessing,
                        cancel
                    ),
                    ResNetExperiment resNet => ClassifierEvaluator.Evaluate(
                        (ResNet)saved.Model.Module,
                        First(data!.Test),
                        resNet.Data.Preprocessing,
                        cancel
                    ),
                    ToyExperiment toy => Toy(
                        saved,
                        toy with
                        {
                            Training = toy.Training with { EvaluationPoints = count ?? toy.Training.EvaluationPoints },
                        },
                        cancel
                    ),
                    _ => throw new NotSupportedException(saved.Experiment.Name),
                }
            );
        }
        catch (ArgumentException fault) when (fault is not ShapeException)
        {
            throw new ConfigurationException(fault.Message, fault);
        }
    }

    private static Evaluation Toy(SavedModel saved, ToyExperiment toy, CancellationToken cancel)
    {
        using var task = toy.CreateTask(saved.Model, null);
        try
        {
            return task.Evaluate(HeldOut.Test, cancel);
        }
        finally
        {
            // A task leaves its model ready for the next step; a saved model stays frozen.
            saved.Model.Flow.Freeze();
        }
    }
}
