using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace IResNet.Workbook.Notebooks;

/// <summary>From the JSON of nbformat 4.0 and later to a <see cref="Notebook"/>.</summary>
internal static partial class NotebookReader
{
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 256 };

    public static Notebook Read(string json)
    {
        if (json.TrimStart().StartsWith("#!meta", StringComparison.Ordinal))
            throw new NotebookFormatException("a .dib file of Polyglot Notebooks: give it the extension .dib.");
        if (json.StartsWith("version https://git-lfs.github.com/", StringComparison.Ordinal))
            throw new NotebookFormatException("a pointer of Git LFS, not the notebook itself: run git lfs pull.");
        if (json.AsSpan().Trim().IsEmpty)
            throw new NotebookFormatException("not a notebook: the file is empty.");
        try
        {
            return ReadNotebook(Object(JsonNode.Parse(json, null, Options), "the file"));
        }
        catch (JsonException e)
        {
            throw new NotebookFormatException($"not a notebook: {e.Message}", e);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException)
        {
            // A value of another kind than the format has there.
            throw new NotebookFormatException($"not a valid notebook: {e.Message}", e);
        }
    }

    private static Notebook ReadNotebook(JsonObject root)
    {
        if (root["worksheets"] is not null)
            throw new NotebookFormatException(
                "a notebook of nbformat 3 or older; only 4 is read here: open it in Jupyter and save it, or run "
                    + "jupyter nbconvert --to notebook --nbformat 4."
            );
        int major = (int?)root["nbformat"] ?? throw new NotebookFormatException("not a notebook: it has no nbformat.");
        if (major != 4)
            throw new NotebookFormatException(
                $"nbformat {major} is not read here, only 4: open the notebook in Jupyter and save it."
            );

        var notebook = new Notebook
        {
            Metadata = Take<JsonObject>(root, "metadata") ?? [],
            Minor = Math.Max(Notebook.MinorVersion, (int?)root["nbformat_minor"] ?? 0),
        };
        var ids = new HashSet<string>();
        foreach (
            var cell in root["cells"]?.AsArray()
                ?? throw new NotebookFormatException("not a notebook: it has no cells.")
        )
            notebook.Cells.Add(ReadCell(Object(cell, "a cell"), ids));
        return notebook;
    }

    private static Cell ReadCell(JsonObject json, HashSet<string> ids)
    {
        var kind = (string?)json["cell_type"] switch
        {
            "code" => CellKind.Code,
            "markdown" => CellKind.Markdown,
            "raw" => CellKind.Raw,
            var other => throw new NotebookFormatException($"cell_type \"{other}\" is unknown: code, markdown or raw."),
        };
        var cell = new Cell(kind, UniqueId((string?)json["id"], ids), Joined(json["source"]))
        {
            Metadata = Take<JsonObject>(json, "metadata") ?? [],
            Attachments = Take<JsonObject>(json, "attachments"),
        };
        foreach (var (name, attachment) in cell.Attachments ?? [])
            JoinLines(Object(attachment, name));
        if (kind == CellKind.Code)
        {
            cell.ExecutionCount = (int?)json["execution_count"];
            cell.Outputs.AddRange(
                (json["outputs"]?.AsArray() ?? []).Select(output => ReadOutput(Object(output, "an output")))
            );
        }

        return cell;
    }

    /// <summary>Notebooks before 4.5 have no ids: theirs are the cell's place, so that two readings agree.</summary>
    private static string UniqueId(string? id, HashSet<string> ids)
    {
        if (id is not null && ValidId().IsMatch(id) && ids.Add(id))
            return id;
        for (int number = ids.Count + 1; ; number++)
        {
            if (ids.Add($"cell-{number}"))
                return $"cell-{number}";
        }
    }

    private static Output ReadOutput(JsonObject json)
    {
        string? type = (string?)json["output_type"];
        return type switch
        {
            "stream" => new StreamOutput((string?)json["name"] ?? "stdout", Joined(json["text"])),
            "error" => new ErrorOutput(
                (string?)json["ename"] ?? "",
                (string?)json["evalue"] ?? "",
                [.. (json["traceback"]?.AsArray() ?? []).Select(line => (string?)line ?? "")]
            ),
            "display_data" or "execute_result" => new DisplayOutput(JoinLines(Take<JsonObject>(json, "data") ?? []))
            {
                Metadata = Take<JsonObject>(json, "metadata") ?? [],
                IsResult = type == "execute_result",
                ExecutionCount = (int?)json["execution_count"],
            },
            _ => throw new NotebookFormatException(
                $"output_type \"{type}\" is unknown: stream, display_data, execute_result or error."
            ),
        };
    }

    private static JsonObject Object(JsonNode? node, string what) =>
        node as JsonObject ?? throw new NotebookFormatException($"not a notebook: {what} is not a JSON object.");

    /// <summary>Removes a node from its parent, so that it can have a new one.</summary>
    private static T? Take<T>(JsonObject parent, string name)
        where T : JsonNode
    {
        if (parent[name] is not { } node)
            return null;
        parent.Remove(name);
        return node as T ?? throw new NotebookFormatException($"\"{name}\" is not a {typeof(T).Name}.");
    }

    private static JsonObject JoinLines(JsonObject bundle)
    {
        foreach (var (mime, content) in bundle.ToArray())
        {
            if (content is JsonArray && !MimeTypes.IsJson(mime))
                bundle[mime] = Joined(content);
        }

        return bundle;
    }

    private static string Joined(JsonNode? text) =>
        text switch
        {
            null => "",
            JsonArray lines => string.Concat(lines.Select(line => (string?)line)),
            _ => text.GetValue<string>(),
        };

    [GeneratedRegex("^[a-zA-Z0-9_-]{1,64}$")]
    private static partial Regex ValidId();
}
