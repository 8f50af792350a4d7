using System.Text.Json;
using System.Text.Json.Nodes;

namespace NotebookEngine.Source;

/// <summary>What <c>#load</c> and <c>#!import</c> bring in: a script, or the C# cells of a notebook.</summary>
internal static class ImportedSource
{
    /// <summary>The pieces of code in order, each with the name that error messages give it.</summary>
    /// <exception cref="DirectiveException">There is no such file, it is not a notebook, or a cell of it is in a
    /// language that does not run here.</exception>
    public static IReadOnlyList<(string Name, string Code)> Read(string path)
    {
        if (!File.Exists(path))
            throw new DirectiveException($"There is no file {path}.");
        try
        {
            string text = TextFile.Read(path);
            return DibFile.Is(path) ? CSharp(path, DibFile.Cells(text).Select(c => ((string?)c.Language, c.Source)))
                : Path.GetExtension(path).Equals(".ipynb", StringComparison.OrdinalIgnoreCase)
                    ? CSharp(path, CodeCells(JsonNode.Parse(text)))
                : [(path, text)];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw new DirectiveException($"{path} is not a notebook of format 4: {e.Message}");
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new DirectiveException(e.Message);
        }
    }

    /// <summary>
    /// The cells that are C#. HTML and Markdown are for readers of that notebook; any other language is refused, as it
    /// is where the notebook itself is run.
    /// </summary>
    private static List<(string Name, string Code)> CSharp(
        string path,
        IEnumerable<(string? Language, string Source)> cells
    )
    {
        var code = new List<(string, string)>();
        foreach (var (index, (language, source)) in cells.Index())
        {
            if (CellLanguage.Refusal(source, language) is { } refusal)
                throw new DirectiveException($"{path}[{index + 1}]: {refusal}");
            if (CellLanguage.IsCSharp(language) && source.Length > 0)
                code.Add(($"{path}[{index + 1}]", source));
        }
        return code;
    }

    /// <summary>All cells, those that are not run as empty ones, so that cells keep their numbers.</summary>
    private static IEnumerable<(string? Language, string Source)> CodeCells(JsonNode? notebook)
    {
        string? language = CellLanguage.OfNotebook(notebook!["metadata"]);
        return notebook["cells"]!
            .AsArray()
            .Select(cell =>
                (string?)cell!["cell_type"] == "code" && !CellTags.IsSkipped(Tags(cell["metadata"]))
                    ? (CellLanguage.OfCell(cell["metadata"]) ?? language, Joined(cell["source"]!))
                    : (null, "")
            );
    }

    private static IEnumerable<string> Tags(JsonNode? metadata) =>
        metadata is JsonObject && metadata["tags"] is JsonArray tags ? tags.Select(tag => $"{tag}") : [];

    private static string Joined(JsonNode source) =>
        source is JsonArray lines ? string.Concat(lines.Select(l => (string?)l)) : (string?)source ?? "";
}
