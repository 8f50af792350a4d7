using System.Text.Json;
using System.Text.Json.Serialization;
using IResNet.Workbook.Notebooks;

namespace IResNet.Workbook.Running;

/// <summary>How a run of a notebook stands.</summary>
internal enum RunStatus
{
    /// <summary>Cells are being run; what an abnormal end of the process leaves behind.</summary>
    Running,

    /// <summary>All cells ran.</summary>
    Passed,

    /// <summary>A cell failed, or took longer than it may.</summary>
    Failed,

    /// <summary>Stopped by Ctrl-C.</summary>
    Interrupted,

    /// <summary>The process ended in the middle of a cell.</summary>
    Crashed,
}

/// <summary>
/// What is known of a run and would make needless differences in the notebook itself: kept beside it as
/// <c>NAME.run.json</c>, for the gallery, for the estimate of the next run, and to tell where a process died.
/// </summary>
internal sealed record RunRecord
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>The notebook that was run, relative to the record's folder, with slashes.</summary>
    public required string Notebook { get; init; }

    public RunStatus Status { get; init; }

    public DateTimeOffset Started { get; init; }

    /// <summary>Wall time so far, cells only.</summary>
    public double Seconds { get; init; }

    /// <summary>The parameters that were set, as given.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>The id of the cell that is running, or at which the run ended early.</summary>
    public string? Cell { get; init; }

    /// <summary>Why the run ended early.</summary>
    public string? Message { get; init; }

    /// <summary>Wall time of each cell that has run, by id.</summary>
    public IReadOnlyDictionary<string, double> CellSeconds { get; init; } = new Dictionary<string, double>();

    /// <summary>The record's place beside an output notebook.</summary>
    public static string PathFor(string notebookPath) => Path.ChangeExtension(notebookPath, ".run.json");

    /// <summary>The record beside an output notebook; null where there is none that can be read.</summary>
    public static RunRecord? Load(string notebookPath)
    {
        try
        {
            return JsonSerializer.Deserialize<RunRecord>(File.ReadAllText(PathFor(notebookPath)), Json);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    public void Save(string notebookPath) =>
        AtomicFile.WriteAllText(PathFor(notebookPath), JsonSerializer.Serialize(this, Json) + "\n");
}
