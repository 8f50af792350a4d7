using System.Text.Json.Serialization;
using IResNet.Experiments.Data;

namespace IResNet.Experiments.Configuration;

/// <summary>An experiment on a set of images.</summary>
public abstract record ImageExperiment : Experiment
{
    /// <summary>The images.</summary>
    [JsonPropertyOrder(-1)]
    public required ImageDataSettings Data { get; init; }

    /// <inheritdoc/>
    public override Task<ImageDataSet?> LoadData(DataOptions? options, CancellationToken cancel) =>
        Data.Load(options, cancel);
}
