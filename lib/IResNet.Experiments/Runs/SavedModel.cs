using System.Globalization;
using System.Text.Json;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Runs;

/// <summary>
/// A trained model with what it was trained for: from a run folder's checkpoint, or from a weights file.
/// </summary>
/// <param name="Experiment">The experiment; for a weights file the one that it names, or that was given.</param>
/// <param name="Model">The model, ready for evaluation; its invertible part is frozen at certified norms.</param>
/// <param name="Source">Which weights these are, in words.</param>
/// <param name="Summary">What is known of the run that trained them: of a run folder, or of a file exported from one.
/// Null where nothing is.</param>
public sealed record SavedModel(Experiment Experiment, TrainedModel Model, string Source, RunSummary? Summary = null)
    : IDisposable
{
    /// <summary>The key of a weights file's metadata under which its experiment is.</summary>
    internal const string ConfigKey = "iresnet.config";

    /// <summary>The key under which the summary of its run is.</summary>
    internal const string RunKey = "iresnet.run";

    /// <summary>Opens a model.</summary>
    /// <param name="path">A run folder, or a safetensors file with our names or the official code's.</param>
    /// <param name="checkpoint">Of a run folder: last, best, or a step.</param>
    /// <param name="choose">Gives the experiment; its argument is what the folder or file says, null where it says
    /// nothing. By default that.</param>
    /// <param name="device">cpu, cuda or cuda:1.</param>
    /// <exception cref="RunFolderException">There is no such run, file or checkpoint.</exception>
    /// <exception cref="ConfigurationException">The experiment is unknown or impossible.</exception>
    /// <exception cref="CheckpointException">The checkpoint is damaged.</exception>
    /// <exception cref="WeightsFormatException">The file is damaged or does not fit the experiment's model.</exception>
    public static SavedModel Open(
        string path,
        string checkpoint = "last",
        Func<Experiment?, Experiment>? choose = null,
        string device = "cpu"
    )
    {
        choose ??= present =>
            present
            ?? throw new ConfigurationException(
                $"{path} does not say which experiment's model it is: name the experiment and its preset."
            );
        if (Directory.Exists(path))
            return FromRun(new RunFolder(path), checkpoint, choose, Devices.Parse(device));
        if (File.Exists(path))
            return FromFile(path, choose, Devices.Parse(device));
        throw new RunFolderException($"There is no run folder and no file '{path}'.");
    }

    /// <summary>
    /// Opens a model, or, where there is no such file yet, trains an experiment here and keeps it in memory: a notebook
    /// then shows the same with a model of less training.
    /// </summary>
    /// <param name="path">As for <see cref="Open"/>.</param>
    /// <param name="experiment">What is trained, with as many steps as the reader can wait for.</param>
    /// <param name="sink">Told about every step of a training; nobody if null.</param>
    /// <param name="cancel">Ends the training.</param>
    /// <exception cref="OperationCanceledException">The training was stopped.</exception>
    /// <exception cref="IResNet.Experiments.Data.DataUnavailableException">The data cannot be had.</exception>
    /// <inheritdoc cref="Open" path="/exception"/>
    public static async Task<SavedModel> OpenOrTrain(
        string path,
        Experiment experiment,
        ITrainingSink? sink = null,
        CancellationToken cancel = default
    )
    {
        if (Path.Exists(path))
            return Open(path);
        experiment.Validate();
        var data = await experiment.LoadData(null, cancel);
        var model = experiment.CreateModel(CPU);
        try
        {
            var run = await InlineTraining.Run<Evaluation>(
                () => experiment.CreateTask(model, data),
                experiment.Options,
                sink,
                cancel
            );
            if (run.Outcome == TrainingOutcome.Cancelled)
                throw new OperationCanceledException($"The training of {experiment.Name} was stopped.", cancel);
            model.Freeze();
            return new(experiment, model, $"{run.Steps:N0} steps here");
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();

    private static SavedModel FromRun(
        RunFolder folder,
        string checkpoint,
        Func<Experiment?, Experiment> choose,
        Device device
    )
    {
        var present = folder.Experiment;
        var experiment = SameKind(present, choose(present), folder.Path);
        var checkpoints = new CheckpointFolder(folder.CheckpointsFolder);
        var manifest = checkpoints.ReadManifest(Step(folder, checkpoints, checkpoint), experiment);
        return Create(
            experiment,
            device,
            $"step {manifest.Step} of {folder.Path}"
                + (manifest.Parts.ContainsKey(TrainerState.Average) ? ", averaged weights" : ""),
            model =>
            {
                var targets = new Dictionary<string, IReadOnlyDictionary<string, Tensor>>
                {
                    [TrainerState.Model] = TrainerState.Of(model.Module),
                };
                checkpoints.Load(manifest.Step, manifest, targets);
                if (!manifest.Parts.ContainsKey(TrainerState.Average))
                    return;
                var parameters = model
                    .Module.named_parameters()
                    .Where(pair => pair.parameter.requires_grad)
                    .ToDictionary(pair => pair.name, pair => (Tensor)pair.parameter);
                checkpoints.Load(
                    manifest.Step,
                    manifest,
                    new Dictionary<string, IReadOnlyDictionary<string, Tensor>> { [TrainerState.Average] = parameters }
                );
            }
        ) with
        {
            Summary = folder.Summary is { } summary && summary.Step == manifest.Step ? summary : null,
        };
    }

    private static SavedModel FromFile(string path, Func<Experiment?, Experiment> choose, Device device)
    {
        using var file = SafeTensors.Load(path);
        var said = file.Metadata.TryGetValue(ConfigKey, out string? config) ? ExperimentJson.Read(config) : null;
        var summary = file.Metadata.TryGetValue(RunKey, out string? run) ? RunSummary.Parse(run, path) : null;
        var experiment = SameKind(said, choose(said), path);
        return Create(experiment, device, path, model => Exchange.Load(model, file.Tensors)) with { Summary = summary };
    }

    /// <summary>Refuses to open one kind of model as another: a hybrid as a density, say.</summary>
    private static Experiment SameKind(Experiment? present, Experiment chosen, string path) =>
        present is null || present.GetType() == chosen.GetType()
            ? chosen
            : throw new ConfigurationException(
                $"{path} holds a model of {present.Name} ({present.GetType().Name}), which cannot be opened as one of "
                    + $"{chosen.Name} ({chosen.GetType().Name}): leave the experiment out, or name {present.Name}."
            );

    private static SavedModel Create(Experiment experiment, Device device, string source, Action<TrainedModel> load)
    {
        experiment.Validate();
        var model = experiment.CreateModel(device);
        try
        {
            load(model);
            model.Freeze();
            return new(experiment, model, source);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static long Step(RunFolder folder, CheckpointFolder checkpoints, string wanted)
    {
        var steps = checkpoints.Steps;
        if (steps.Count == 0)
            throw new RunFolderException($"{folder.Path} has no checkpoint yet.");
        long step = wanted switch
        {
            "last" => steps[0],
            "best" => folder.SummaryOf(isHeld: true)?.Best?.Step
                ?? throw new RunFolderException(
                    $"{folder.Path} has no best checkpoint: nothing was evaluated yet. Take the last."
                ),
            _ => long.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
                ? number
                : throw new RunFolderException($"'{wanted}' is no checkpoint: choose last, best or a step."),
        };
        return steps.Contains(step)
            ? step
            : throw new RunFolderException(
                $"{folder.Path} has no checkpoint of step {step}: there are {string.Join(", ", steps)}."
            );
    }
}
