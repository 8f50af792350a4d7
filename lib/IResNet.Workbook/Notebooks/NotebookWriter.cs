using System.Text.Json.Nodes;

namespace IResNet.Workbook.Notebooks;

/// <summary>From a <see cref="Notebook"/> to the JSON of nbformat 4.5, texts as lists of lines.</summary>
internal static class NotebookWriter
{
    /// <summary>The notebook's JSON text, with a newline at its end.</summary>
    public static string Write(Notebook notebook) =>
        PythonJson.Write(
            new JsonObject
            {
                ["cells"] = new JsonArray([.. notebook.Cells.Select(CellJson)]),
                ["metadata"] = notebook.Metadata.DeepClone(),
                ["nbformat"] = 4,
                ["nbformat_minor"] = notebook.Minor,
            }
        ) + "\n";

    private static JsonNode CellJson(Cell cell)
    {
        var json = new JsonObject
        {
            ["cell_type"] = cell.Kind switch
            {
                CellKind.Code => "code",
                CellKind.Markdown => "markdown",
                _ => "raw",
            },
            ["id"] = cell.Id,
            ["metadata"] = cell.Metadata.DeepClone(),
            ["source"] = Lines(cell.Source),
        };
        if (cell.Attachments is { } attachments)
            json["attachments"] = new JsonObject(
                attachments.Select(file => KeyValuePair.Create(file.Key, Bundle(file.Value!.AsObject())))
            );
        if (cell.Kind == CellKind.Code)
        {
            json["execution_count"] = cell.ExecutionCount;
            json["outputs"] = new JsonArray([.. cell.Outputs.Select(OutputJson)]);
        }

        return json;
    }

    private static JsonNode OutputJson(Output output)
    {
        switch (output)
        {
            case StreamOutput stream:
                return new JsonObject
                {
                    ["output_type"] = "stream",
                    ["name"] = stream.Name,
                    ["text"] = Lines(stream.Text),
                };
            case ErrorOutput error:
                return new JsonObject
                {
                    ["output_type"] = "error",
                    ["ename"] = error.Name,
                    ["evalue"] = error.Message,
                    ["traceback"] = new JsonArray([.. error.Traceback.Select(line => JsonValue.Create(line))]),
                };
            case DisplayOutput display:
                var json = new JsonObject
                {
                    ["output_type"] = display.IsResult ? "execute_result" : "display_data",
                    ["data"] = Bundle(display.Data),
                    ["metadata"] = display.Metadata.DeepClone(),
                };
                if (display.IsResult)
                    json["execution_count"] = display.ExecutionCount;
                return json;
            default:
                throw new ArgumentException(
                    $"Output of type {output.GetType().Name} has no place in a notebook.",
                    nameof(output)
                );
        }
    }

    private static JsonNode? Bundle(JsonObject data) =>
        new JsonObject(
            data.Select(item =>
                KeyValuePair.Create(
                    item.Key,
                    MimeTypes.IsLines(item.Key) && item.Value is JsonValue value && value.TryGetValue(out string? text)
                        ? Lines(text)
                        : item.Value?.DeepClone()
                )
            )
        );

    /// <summary>Cut after every line break, as Python's <c>str.splitlines(True)</c> sees them.</summary>
    private static JsonArray Lines(string text)
    {
        var lines = new JsonArray();
        for (int start = 0; start < text.Length;)
        {
            int end = text.AsSpan(start).IndexOfAny(LineBreaks);
            end = end < 0 ? text.Length : start + end + 1;
            if (end < text.Length && text[end - 1] == '\r' && text[end] == '\n')
                end++;
            lines.Add(text[start..end]);
            start = end;
        }

        return lines;
    }

    private static readonly System.Buffers.SearchValues<char> LineBreaks = System.Buffers.SearchValues.Create(
        "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
    );
}
