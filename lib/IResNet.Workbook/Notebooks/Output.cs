using System.Text;
using System.Text.Json.Nodes;

namespace IResNet.Workbook.Notebooks;

/// <summary>One output of a code cell.</summary>
internal abstract class Output;

/// <summary>Text on standard output or standard error.</summary>
/// <param name="name"><c>stdout</c> or <c>stderr</c>.</param>
/// <param name="text">What was printed, lines joined.</param>
internal sealed class StreamOutput(string name, string text) : Output
{
    private readonly StringBuilder _text = new(text);

    public string Name { get; } = name;

    public string Text => _text.ToString();

    public void Append(string text) => _text.Append(text);
}

/// <summary>A displayed value, or with <see cref="ExecutionCount"/> the value of the cell's last expression.</summary>
/// <param name="data">MIME type to content: a string with its lines joined, or JSON for the JSON types.</param>
internal sealed class DisplayOutput(JsonObject data) : Output
{
    public JsonObject Data { get; set; } = data;

    public JsonObject Metadata { get; init; } = [];

    /// <summary>
    /// Whether this is the cell's result (<c>execute_result</c>) rather than something displayed on the way
    /// (<c>display_data</c>).
    /// </summary>
    public bool IsResult { get; init; }

    /// <summary>The count of the cell whose result this is; written for results only.</summary>
    public int? ExecutionCount { get; init; }

    /// <summary>The content for a MIME type where it is there and is text, else null.</summary>
    public string? Text(string mime) =>
        Data[mime] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}

/// <summary>An exception that ended the cell.</summary>
/// <param name="name">The exception's type.</param>
/// <param name="message">Its message.</param>
/// <param name="traceback">Lines to show; may hold ANSI colours.</param>
internal sealed class ErrorOutput(string name, string message, IReadOnlyList<string> traceback) : Output
{
    public string Name { get; } = name;

    public string Message { get; } = message;

    public IReadOnlyList<string> Traceback { get; } = traceback;
}
