using System.Text.Json.Serialization;
using IResNet.Experiments.Data;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Configuration;

/// <summary>
/// An experiment with all its values: data, model, training, and what a run keeps. As JSON it is a run folder's
/// <c>config.json</c>; the experiments and presets are in <see cref="ExperimentCatalogue"/>.
/// </summary>
/// <remarks>
/// A new kind of experiment is a record that derives from this one or from one of its kinds, with properties that JSON
/// can hold, and an entry in the catalogue (<see cref="ExperimentCatalogue.Add"/>); then it trains, resumes, evaluates
/// and samples as the others do.
/// </remarks>
public abstract record Experiment
{
    /// <summary>The name in the catalogue: density-mnist.</summary>
    [JsonPropertyName("experiment"), JsonPropertyOrder(-4)]
    public required string Name { get; init; }

    /// <summary>The preset it started from: quick, standard, paper.</summary>
    [JsonPropertyOrder(-3)]
    public required string Preset { get; init; }

    /// <summary>Which reading of the paper a preset takes where the paper is silent or contradicts itself.</summary>
    [JsonPropertyOrder(-2)]
    public string Note { get; init; } = "";

    /// <summary>What a run folder keeps, and how often. Does not change the numbers.</summary>
    [JsonPropertyOrder(1)]
    public RunSettings Run { get; init; } = new();

    /// <summary>The seed of everything random in it.</summary>
    [JsonIgnore]
    public ulong Seed => Options.Seed;

    /// <summary>Length and pace: a kind of experiment has its own options, which it writes to JSON, and gives them
    /// here.</summary>
    [JsonIgnore]
    public abstract TrainingOptions Options { get; }

    /// <summary>Refuses values out of range.</summary>
    /// <exception cref="ConfigurationException">The message names key, value and range.</exception>
    public void Validate() =>
        Configured(() =>
        {
            Options.Validate();
            Run.Validate();
            ValidateModel();
            return true;
        });

    /// <summary>Loads the data; null where they are drawn afresh.</summary>
    /// <param name="options">Where to look for them.</param>
    /// <param name="cancel">Stops it.</param>
    public virtual Task<ImageDataSet?> LoadData(DataOptions? options, CancellationToken cancel) =>
        Task.FromResult<ImageDataSet?>(null);

    /// <summary>The model, untrained; the seed decides its initial weights.</summary>
    /// <param name="device">Where it goes.</param>
    /// <exception cref="ConfigurationException">There is no such model.</exception>
    public TrainedModel CreateModel(Device device)
    {
        manual_seed((long)Options.Seed);
        var model = Configured(BuildModel, "The model cannot be built: ");
        model.Module.to(device);
        return model;
    }

    /// <summary>What trains the model on the data.</summary>
    /// <param name="model">From <see cref="CreateModel"/>.</param>
    /// <param name="data">From <see cref="LoadData"/>.</param>
    /// <exception cref="ConfigurationException">They do not fit together.</exception>
    public TrainingTask CreateTask(TrainedModel model, ImageDataSet? data) => Configured(() => BuildTask(model, data));

    /// <summary>The figure of a trained model on test examples; the model stays frozen in evaluation mode.</summary>
    /// <param name="model">The model.</param>
    /// <param name="data">From <see cref="LoadData"/>.</param>
    /// <param name="settings">How accurately, on how many.</param>
    /// <param name="cancel">Stops between two batches.</param>
    /// <exception cref="ArgumentException">The settings cannot be fulfilled.</exception>
    public virtual Evaluation Evaluate(
        TrainedModel model,
        ImageDataSet? data,
        EvaluationSettings settings,
        CancellationToken cancel
    )
    {
        if (settings.Count is { } count)
            throw new ArgumentException($"{Name} is evaluated on all its test examples, not on {count}.");
        return EvaluateTask(model, data, cancel);
    }

    /// <summary>Test examples as the model takes them, on the CPU: what <c>iresnet certify</c> reconstructs.</summary>
    /// <param name="data">From <see cref="LoadData"/>.</param>
    /// <param name="count">How many at most.</param>
    /// <exception cref="ConfigurationException">There are none to reconstruct.</exception>
    public virtual Tensor Examples(ImageDataSet? data, int count) =>
        throw new ConfigurationException($"{Name} has no examples that could be sent through the model and back.");

    /// <summary>Draws samples and writes them: <c>iresnet sample</c>.</summary>
    /// <param name="model">A trained model.</param>
    /// <param name="path">The file; its ending decides the format.</param>
    /// <param name="settings">How many, how.</param>
    /// <exception cref="ConfigurationException">The model is no density, or the format is none of its own.</exception>
    /// <exception cref="NonConvergenceException">An inverse did not converge.</exception>
    public virtual void SaveSamples(TrainedModel model, string path, SampleSettings settings) =>
        throw new ConfigurationException($"{Name} has no density to sample from. Take a density experiment.");

    /// <summary>What summary.json says when a run of it begins.</summary>
    /// <param name="machine">Where it runs.</param>
    public virtual RunSummary Summarise(RunMachine machine) =>
        new()
        {
            State = RunState.Running,
            Experiment = Name,
            Preset = Preset,
            Seed = Seed,
            TotalSteps = Options.Steps,
            Started = DateTimeOffset.Now,
            Machine = machine,
        };

    /// <summary>
    /// With what follows from other values, for an experiment read from JSON, where it is not written: the shape of the
    /// model's input, which the data give.
    /// </summary>
    protected internal virtual Experiment Completed() => this;

    /// <summary>Refuses data and model that do not fit together.</summary>
    /// <exception cref="ArgumentException">The message names key, value and range.</exception>
    protected abstract void ValidateModel();

    /// <summary>Builds the model; torch's own generator is seeded.</summary>
    protected abstract TrainedModel BuildModel();

    /// <summary>Builds what trains the model.</summary>
    protected abstract TrainingTask BuildTask(TrainedModel model, ImageDataSet? data);

    /// <summary>The test figure as the training itself takes it.</summary>
    private protected Evaluation EvaluateTask(TrainedModel model, ImageDataSet? data, CancellationToken cancel)
    {
        using var task = CreateTask(model, data);
        try
        {
            return task.Evaluate(HeldOut.Test, cancel);
        }
        finally
        {
            // A task leaves its model ready for the next step.
            model.Freeze();
        }
    }

    /// <summary>Refuses a model whose input is not what the data give.</summary>
    private protected static void DemandInput(ImageShape input, ImageShape given)
    {
        if (input != given)
            throw new ArgumentException($"The model's Input is {input}, but the preprocessed images are {given}.");
    }

    private static T Configured<T>(Func<T> action, string context = "")
    {
        try
        {
            return action();
        }
        catch (ArgumentException fault)
        {
            throw ConfigurationException.Of(fault, context);
        }
    }
}
