using System.Text.Json;
using System.Text.Json.Nodes;

namespace NotebookEngine.Source;

/// <summary>What <c>#load</c> and <c>#!import</c> bring in: a script, or the C# cells of a notebook.</summary>
internal static class ImportedSource
{
    /// <summary>The pieces of code in order, each with the name that error messages give it.</summary>
    /// <exception cref="DirectiveException">There is no such file, or it is not a notebook.</exception>
    public static IReadOnlyList<(string Name, string Code)> Read(string path)
    {
        if (!File.Exists(path))
            throw new DirectiveException($"There is no file {path}.");
        var text = File.ReadAllText(path);
        return Path.GetExtension(path).Equals(".ipynb", StringComparison.OrdinalIgnoreCase)
            ? Cells(path, text)
            : [(path, text)];
    }

    private static List<(string Name, string Code)> Cells(string path, string text)
    {
        try
        {
            return JsonNode.Parse(text)!["cells"]!
                .AsArray()
                .Select((cell, index) => (Name: $"{path}[{index + 1}]", Cell: cell!))
                .Where(c => (string?)c.Cell["cell_type"] == "code" && IsCSharp(c.Cell["metadata"]))
                .Select(c => (c.Name, Joined(c.Cell["source"]!)))
                .ToList();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw new DirectiveException($"{path} is not a notebook of format 4: {e.Message}");
        }
    }

    private static bool IsCSharp(JsonNode? metadata) =>
        (string?)(metadata?["polyglot_notebook"]?["kernelName"] ?? metadata?["dotnet_interactive"]?["language"])
            is null
                or "csharp";

    private static string Joined(JsonNode source) =>
        source is JsonArray lines ? string.Concat(lines.Select(l => (string?)l)) : (string?)source ?? "";
}
