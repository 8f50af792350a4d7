using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using IResNet.Experiments.Data;

namespace IResNet.Experiments.Runs;

/// <summary>
/// checkpoint.json: where a run stands, and the length and SHA-256 of each part beside it. The file is
/// <c>{"sha256": …, "manifest": …}</c> with the hash over the manifest's own bytes, so that a change of any byte is
/// seen.
/// </summary>
internal sealed record CheckpointManifest
{
    public const int CurrentVersion = 1;
    private const long MaxBytes = 1 << 20;

    /// <summary>Of the format.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>The experiment, as in config.json.</summary>
    public required JsonElement Config { get; init; }

    /// <summary>Steps made.</summary>
    public required long Step { get; init; }

    /// <summary>Updates of the optimiser: fewer where steps were skipped.</summary>
    public required long Updates { get; init; }

    /// <summary>Steps skipped just before.</summary>
    public required int SkippedInARow { get; init; }

    /// <summary>Where the data stand.</summary>
    public required BatchState Data { get; init; }

    /// <summary>Whether the evaluation and the samples due at this step were made.</summary>
    public required bool Evaluated { get; init; }

    /// <summary>The best figure so far.</summary>
    public BestFigure? Best { get; init; }

    /// <summary>Training time so far.</summary>
    public double Seconds { get; init; }

    /// <summary>Time from start to end so far.</summary>
    public double WallSeconds { get; init; }

    /// <summary>Where it was made.</summary>
    public required RunMachine Machine { get; init; }

    /// <summary>The files beside it.</summary>
    public IReadOnlyDictionary<string, Part> Parts { get; init; } = new Dictionary<string, Part>();

    /// <summary>A file's length and SHA-256.</summary>
    public sealed record Part(long Bytes, string Sha256);

    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    public void Write(string path)
    {
        string manifest = JsonSerializer.Serialize(this, Format);
        AtomicFile.WriteAllText(path, $$"""{"sha256":"{{Hash(manifest)}}","manifest":{{manifest}}}""");
    }

    /// <exception cref="CheckpointException">The file is damaged or of another version.</exception>
    public static CheckpointManifest Read(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
                throw new CheckpointException(path, "it is far too large for a manifest.");
            using var document = JsonDocument.Parse(
                File.ReadAllBytes(path),
                new() { AllowDuplicateProperties = false, MaxDepth = 16 }
            );
            var root = document.RootElement;
            if (
                root.ValueKind != JsonValueKind.Object
                || root.GetPropertyCount() != 2
                || !root.TryGetProperty("sha256", out var hash)
                || !root.TryGetProperty("manifest", out var manifest)
            )
                throw new CheckpointException(path, "it is no manifest: \"sha256\" and \"manifest\" are expected.");
            if (hash.ValueKind != JsonValueKind.String || hash.GetString() != Hash(manifest.GetRawText()))
                throw new CheckpointException(path, "its SHA-256 is wrong: the file is damaged.");
            if (
                !manifest.TryGetProperty("version", out var version)
                || !version.TryGetInt32(out int number)
                || number != CurrentVersion
            )
                throw new CheckpointException(
                    path,
                    $"it has version {version}; this program reads version {CurrentVersion}."
                );
            return manifest.Deserialize<CheckpointManifest>(Format)!;
        }
        catch (Exception fault)
            when (fault
                    is JsonException
                        or InvalidOperationException
                        or IOException
                        or UnauthorizedAccessException
                        or DecoderFallbackException
            )
        {
            throw new CheckpointException(path, $"it cannot be read: {fault.Message}", fault);
        }
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
