using System.Text.Json.Nodes;

namespace IResNet.Workbook.Jupyter;

/// <summary>A message from a frontend.</summary>
/// <param name="Identities">The frames by which a reply finds its way back.</param>
/// <param name="Type">The message's type.</param>
/// <param name="Header">Its header, which becomes the parent of all that answers it. Never changed after it was
/// read.</param>
/// <param name="Metadata">Its metadata: of a cell's request those of the cell, where the frontend sends them.</param>
/// <param name="Content">Its content.</param>
internal sealed record JupyterMessage(
    IReadOnlyList<byte[]> Identities,
    string Type,
    JsonObject Header,
    JsonObject Metadata,
    JsonObject Content
)
{
    /// <summary>A text of the content; null where it is missing or something else.</summary>
    public string? Text(string name) =>
        Content[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    /// <summary>A truth value of the content, or what to assume where it is missing or something else.</summary>
    public bool Flag(string name, bool otherwise) =>
        Content[name] is JsonValue value && value.TryGetValue(out bool flag) ? flag : otherwise;

    /// <summary>A number of the content; null where it is missing or something else.</summary>
    public int? Number(string name) =>
        Content[name] is JsonValue value && value.TryGetValue(out int number) ? number : null;
}
