using System.Text.Json.Nodes;
using NotebookEngine;

namespace IResNet.Workbook.Notebooks;

/// <summary>The three kinds of cell of nbformat 4.</summary>
internal enum CellKind
{
    Code,
    Markdown,
    Raw,
}

/// <summary>One cell of a <see cref="Notebook"/>.</summary>
/// <param name="kind">Code, Markdown or raw text.</param>
/// <param name="id">Unique within the notebook: 1 to 64 letters, digits, <c>-</c> and <c>_</c>.</param>
/// <param name="source">The cell's text, lines joined.</param>
internal sealed class Cell(CellKind kind, string id, string source)
{
    public CellKind Kind { get; } = kind;

    public string Id { get; } = id;

    public string Source { get; } = source;

    public JsonObject Metadata { get; init; } = [];

    /// <summary>
    /// Files pasted into a Markdown or raw cell: name, then MIME type, then content. Null where there are none.
    /// </summary>
    public JsonObject? Attachments { get; init; }

    /// <summary>The number that Jupyter shows beside a code cell; null until it has run.</summary>
    public int? ExecutionCount { get; set; }

    /// <summary>What a code cell left; always empty for other kinds.</summary>
    public List<Output> Outputs { get; } = [];

    /// <summary>The cell's tags, as papermill, nbconvert and the runner read them.</summary>
    public IEnumerable<string> Tags =>
        Metadata["tags"] is JsonArray tags ? tags.OfType<JsonValue>().Select(tag => tag.ToString()) : [];

    /// <summary>The language that its metadata name; null where they name none.</summary>
    public string? Language => CellLanguage.OfCell(Metadata);

    /// <summary>How long the notebook's author expects a long cell to take; null where nothing is said.</summary>
    public double? ExpectedSeconds =>
        Metadata["iresnet"] is JsonObject own
        && own["seconds"] is JsonValue value
        && value.TryGetValue(out double seconds)
            ? seconds
            : null;

    public bool HasTag(string tag) => Tags.Contains(tag);

    public bool IsBlank => string.IsNullOrWhiteSpace(Source);
}
