using System.Text.Json.Serialization;
using IResNet.Experiments.Data;
using IResNet.Experiments.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Configuration;

/// <summary>
/// An experiment with all its values: data, model, training, and what a run keeps. As JSON it is a run folder's
/// <c>config.json</c>; the experiments and presets are in <see cref="ExperimentCatalogue"/>.
/// </summary>
public abstract record Experiment
{
    /// <summary>The name in the catalogue: density-mnist.</summary>
    [JsonPropertyName("experiment"), JsonPropertyOrder(-3)]
    public required string Name { get; init; }

    /// <summary>The preset it started from: quick, standard, paper.</summary>
    [JsonPropertyOrder(-2)]
    public required string Preset { get; init; }

    /// <summary>Which reading of the paper a preset takes where the paper is silent or contradicts itself.</summary>
    [JsonPropertyOrder(-1)]
    public string Note { get; init; } = "";

    /// <summary>What a run folder keeps, and how often. Does not change the numbers.</summary>
    [JsonPropertyOrder(1)]
    public RunSettings Run { get; init; } = new();

    /// <summary>The seed of everything random in it.</summary>
    [JsonIgnore]
    public ulong Seed => Options.Seed;

    /// <summary>Length and pace.</summary>
    internal abstract TrainingOptions Options { get; }

    /// <summary>Refuses values out of range.</summary>
    /// <exception cref="ConfigurationException">The message names key, value and range.</exception>
    public void Validate()
    {
        try
        {
            Options.Validate();
            Run.Validate();
            ValidateModel();
        }
        catch (Exception fault) when (fault is ArgumentException)
        {
            throw new ConfigurationException(fault.Message, fault);
        }
    }

    /// <summary>Loads the data; nothing where they are drawn afresh.</summary>
    internal abstract Task<ImageDataSet?> LoadData(DataOptions? options, CancellationToken cancel);

    /// <summary>The model, untrained; the seed decides its initial weights.</summary>
    internal TrainedModel CreateModel(Device device)
    {
        manual_seed((long)Options.Seed);
        try
        {
            var model = BuildModel();
            model.Module.to(device);
            return model;
        }
        catch (ArgumentException fault)
        {
            throw new ConfigurationException($"The model cannot be built: {fault.Message}", fault);
        }
    }

    /// <summary>What trains the model on the data.</summary>
    internal TrainingTask CreateTask(TrainedModel model, ImageDataSet? data)
    {
        try
        {
            return BuildTask(model, data);
        }
        catch (ArgumentException fault)
        {
            throw new ConfigurationException(fault.Message, fault);
        }
    }

    private protected abstract void ValidateModel();

    private protected abstract TrainedModel BuildModel();

    private protected abstract TrainingTask BuildTask(TrainedModel model, ImageDataSet? data);
}
