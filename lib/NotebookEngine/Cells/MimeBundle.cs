namespace NotebookEngine.Cells;

/// <summary>
/// One value in several representations, of which the reader's program shows the richest it knows: MIME type to a
/// string (binary types in base64), or to a <see cref="System.Text.Json.Nodes.JsonNode"/> for JSON types. A cell may
/// return or display one.
/// </summary>
public sealed class MimeBundle : Dictionary<string, object>
{
    /// <summary>The MIME type that every bundle should hold, for readers who have only a terminal.</summary>
    public const string PlainText = "text/plain";

    /// <summary>The MIME type of HTML.</summary>
    public const string Html = "text/html";

    /// <summary>The MIME type of Markdown.</summary>
    public const string Markdown = "text/markdown";
}
