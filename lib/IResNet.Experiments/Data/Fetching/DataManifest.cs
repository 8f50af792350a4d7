using System.Text.Json;
using System.Text.Json.Serialization;

namespace IResNet.Experiments.Data.Fetching;

/// <summary>What is written beside a data set's files.</summary>
/// <param name="Name">The name to print beside figures.</param>
/// <param name="Source">Where the files are from.</param>
/// <param name="Files">Each file with its SHA-256.</param>
internal sealed record DataManifest(string Name, string Source, IReadOnlyDictionary<string, string> Files)
{
    private const string FileName = "dataset.json";

    /// <summary>The manifest of a folder; null when there is none.</summary>
    /// <exception cref="DataFormatException">It is not readable.</exception>
    public static DataManifest? In(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return null;
        try
        {
            using var file = File.OpenRead(path);
            if (
                JsonSerializer.Deserialize(file, DataManifestJson.Default.DataManifest) is
                { Name: not null, Source: not null, Files: not null } manifest
            )
                return manifest;
        }
        catch (JsonException e)
        {
            throw new DataFormatException(path, "damaged JSON", "a data set's manifest", e);
        }
        throw new DataFormatException(path, "JSON without name, source or files", "a data set's manifest");
    }

    /// <summary>Writes it into a folder.</summary>
    public void WriteTo(string folder)
    {
        using var file = File.Create(Path.Combine(folder, FileName));
        JsonSerializer.Serialize(file, this, DataManifestJson.Default.DataManifest);
        file.Flush(flushToDisk: true);
    }
}

/// <summary>Serialises without reflection, which file-based apps switch off.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DataManifest))]
internal sealed partial class DataManifestJson : JsonSerializerContext;
