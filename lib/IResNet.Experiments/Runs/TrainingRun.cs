using System.Diagnostics;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Data;
using IResNet.Experiments.Distributed;
using IResNet.Experiments.Training;
using TorchSharp;

namespace IResNet.Experiments.Runs;

/// <summary>How a run is made on this machine. Nothing of it is part of the experiment.</summary>
public sealed record TrainingRunOptions
{
    /// <summary>Continue what is in the folder; begin if nothing is.</summary>
    public bool Resume { get; init; }

    /// <summary>cpu, cuda, cuda:1.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Where data sets are looked for.</summary>
    public DataOptions? Data { get; init; }

    /// <summary>The processes that train together; this one alone by default.</summary>
    public Ranks Ranks { get; init; } = Ranks.Alone;
}

/// <summary>
/// Trains in a run folder, so that nothing is lost: a run stopped at any moment, by whatever, continues from its last
/// checkpoint and ends as the uninterrupted run does, bit for bit on the same machine with the same number of threads.
/// </summary>
public static class TrainingRun
{
    // What may differ when a run is continued: it does not change a step's numbers.
    private static readonly string[] Changeable =
    [
        "training.steps",
        "training.seconds",
        "training.evaluateEvery",
        "training.evaluationImages",
        "training.evaluationTerms",
        "training.evaluationProbes",
        "training.evaluationPoints",
        "training.onDivergence",
        "training.maxLoss",
        "note",
    ];

    /// <summary>Begins or continues a run.</summary>
    /// <param name="path">The run folder.</param>
    /// <param name="choose">Gives the experiment; its argument is the folder's own, null where there is none
    /// yet.</param>
    /// <param name="options">Device and data; whether to continue.</param>
    /// <param name="sink">Told what happens, on the training's thread.</param>
    /// <param name="cancel">Saves a checkpoint after the step in hand and ends the run as
    /// <see cref="RunState.Interrupted"/>.</param>
    /// <exception cref="OperationCanceledException">Cancelled before the first step. Nothing is lost.</exception>
    /// <exception cref="RunFolderException">The folder is in use, holds something else, or cannot be
    /// written.</exception>
    /// <exception cref="ConfigurationException">The experiment is impossible, or differs from the folder's
    /// own.</exception>
    /// <exception cref="CheckpointException">There are checkpoints, but none is good.</exception>
    /// <exception cref="DataSetException">The data cannot be had.</exception>
    /// <exception cref="TrainingDivergedException">Loss or gradient is not finite.</exception>
    public static async Task<RunSummary> Train(
        string path,
        Func<Experiment?, Experiment> choose,
        TrainingRunOptions options,
        ITrainingSink sink,
        CancellationToken cancel
    )
    {
        var folder = new RunFolder(path);
        var device = Devices.Parse(options.Device);
        var held = Guarded(folder, () =>
        {
            Directory.CreateDirectory(folder.Path);
            return RunLock.Take(folder);
        });
        Task<RunSummary>? work = null;
        try
        {
            var (experiment, data) = await Begin(folder, choose, options, cancel);
            options.Ranks.Cancel = cancel;
            var ready = new TaskCompletionSource();
            work = TrainingThread.Run(() =>
            {
                options.Ranks.Broadcast(ExperimentJson.Write(experiment));
                using var session = new RunSession(folder, experiment, data, device, sink, options.Ranks);
                cancel.ThrowIfCancellationRequested();
                return session.Run(ready.SetResult, cancel);
            });
            // Until the first step there is nothing to save, and a large model takes long to build or to restore:
            // whoever cancels does not wait for it.
            await Task.WhenAny(work, ready.Task).WaitAsync(cancel);
            return await work;
        }
        finally
        {
            if (work is null || work.IsCompleted)
                held.Dispose();
            else
                _ = work.ContinueWith(_ => held.Dispose(), TaskScheduler.Default);
        }
    }

    /// <summary>
    /// A rank that is not the first: trains what that one is told to, with its share of each batch, until it ends. It
    /// neither reads nor writes the run folder.
    /// </summary>
    /// <param name="options">Device, data and ranks.</param>
    /// <param name="cancel">Asks all ranks to stop after the step in hand.</param>
    /// <exception cref="DataSetException">The data cannot be had here.</exception>
    public static Task<bool> Follow(TrainingRunOptions options, CancellationToken cancel)
    {
        var device = Devices.Parse(options.Device);
        var ranks = options.Ranks;
        ranks.Cancel = cancel;
        return TrainingThread.Run(() =>
        {
            var experiment = ExperimentJson.Read(ranks.Broadcast(""));
            var data = experiment.LoadData(options.Data, CancellationToken.None).GetAwaiter().GetResult();
            using var model = experiment.CreateModel(device);
            using var trainer = new Trainer(experiment.CreateTask(model, data), experiment.Options, ranks);
            for (var word = ranks.Next(Word.End); word != Word.End; word = ranks.Next(Word.End))
                if (word == Word.Share)
                    TrainerState.Share(trainer);
                else
                    Step(trainer);
            return true;
        });
    }

    private static void Step(Trainer trainer)
    {
        try
        {
            trainer.Next();
        }
        catch (TrainingDivergedException)
        {
            // On all ranks alike: the first one says so and ends them.
        }
    }

    private static async Task<(Experiment Experiment, ImageDataSet? Data)> Begin(
        RunFolder folder,
        Func<Experiment?, Experiment> choose,
        TrainingRunOptions options,
        CancellationToken cancel
    )
    {
        var present = folder.Exists ? folder.Experiment : null;
        if (present is not null && !options.Resume)
        {
            string state = File.Exists(folder.SummaryFile)
                ? folder.ReadableSummary?.State.ToString().ToLowerInvariant() ?? "with a damaged summary.json"
                : "not started";
            throw new RunFolderException(
                $"{folder.Path} already holds a run ({state}). Continue it with --resume, or choose another " + "--run."
            );
        }
        var experiment = choose(present);
        experiment.Validate();
        Guarded(folder, () => Enter(folder, present, experiment));
        return (experiment, await experiment.LoadData(options.Data, cancel));
    }

    private static bool Enter(RunFolder folder, Experiment? present, Experiment experiment)
    {
        if (present is null)
        {
            folder.Prepare(experiment);
            return true;
        }
        RefuseOther(folder.ConfigFile, present, experiment);
        if (ExperimentJson.Write(present) != ExperimentJson.Write(experiment))
            folder.WriteConfig(experiment);
        return false;
    }

    /// <summary>Refuses to take one experiment for another.</summary>
    internal static void RefuseOther(string file, Experiment present, Experiment wanted)
    {
        var (old, now) = (ExperimentJson.Values(present), ExperimentJson.Values(wanted));
        var different = now.Where(pair =>
                old.GetValueOrDefault(pair.Key) != pair.Value
                && !Changeable.Contains(pair.Key)
                && !pair.Key.StartsWith("run.", StringComparison.Ordinal)
            )
            .Select(pair => $"{pair.Key} = {pair.Value} (there: {old.GetValueOrDefault(pair.Key)})")
            .ToList();
        if (different.Count > 0)
            throw new ConfigurationException(
                $"This is another experiment than that of {file}: {string.Join(", ", different)}. A run goes on as it "
                    + "was begun: put the values back, or choose another --run for a new one."
            );
    }

    /// <summary>Gives errors of the file system the folder's name.</summary>
    internal static T Guarded<T>(RunFolder folder, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new RunFolderException($"{folder.Path} cannot be used: {fault.Message}", fault);
        }
    }
}
