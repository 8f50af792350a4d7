using IResNet.Experiments.Configuration;
using IResNet.Experiments.Data;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Training;

namespace IResNet.Experiments.Speedruns;

/// <summary>
/// Runs a track: trains from scratch in a run folder until it is good enough on validation images or the time is up,
/// then certifies the model and evaluates it on all test images.
/// </summary>
/// <remarks>
/// The clock counts training steps, with the data that they prepare: not the start of the program, loading the images,
/// the first look at data that initialises ActNorm, evaluations and checkpoints.
/// </remarks>
public static class Speedrun
{
    /// <summary>Runs a track.</summary>
    /// <param name="track">The track.</param>
    /// <param name="seed">The seed of everything random.</param>
    /// <param name="folder">The run folder, a new one: the log of the run, and its weights.</param>
    /// <param name="sink">Told what happens, on the training's thread.</param>
    /// <param name="progress">Told in words how far the evaluation is.</param>
    /// <param name="cancel">Ends the run, which then is none.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ConfigurationException">The track's settings are impossible.</exception>
    /// <exception cref="RunFolderException">The folder holds a run already, or cannot be written.</exception>
    /// <exception cref="DataSetException">The data cannot be had.</exception>
    /// <exception cref="TrainingDivergedException">Loss or gradient is not finite.</exception>
    public static async Task<SpeedrunRecord> Run(
        SpeedrunTrack track,
        ulong seed,
        string folder,
        ITrainingSink? sink = null,
        Action<string>? progress = null,
        CancellationToken cancel = default
    )
    {
        var experiment = track.Seeded(seed);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var judge = TrainingSink.Of(happened =>
        {
            if (happened is EvaluationEvent evaluated && evaluated.Result.Value <= track.Stop)
                end.Cancel();
        });
        var summary = await TrainingRun.Train(
            folder,
            _ => experiment,
            new(),
            TrainingSink.All(sink, judge),
            end.Token
        );
        cancel.ThrowIfCancellationRequested();
        using var saved = SavedModel.Open(folder);
        var proof = Certification.Of(saved.Model.Flow);
        var test = await ModelEvaluation.Evaluate(
            saved,
            EvaluationSettings.UsualError,
            progress: progress,
            cancel: cancel
        );
        return new(track, summary, test, proof);
    }
}
