namespace IResNet.Notebooks;

/// <summary>How values of a type, and of those derived from it, are shown.</summary>
/// <param name="Type">The type.</param>
/// <param name="Forms">
/// The MIME types, the richest first, and what makes each of them: a string, in base64 for binary types, or a
/// <see cref="System.Text.Json.Nodes.JsonNode"/> for JSON types.
/// </param>
public sealed record Representations(Type Type, IReadOnlyList<(string MimeType, Func<object, object> Content)> Forms);
