using System.Text.Json.Nodes;
using IResNet.Workbook.Notebooks;
using NotebookEngine.Language;

namespace IResNet.Workbook.Jupyter;

/// <summary>The contents of replies.</summary>
internal static class Replies
{
    public static JsonObject KernelInfo() =>
        new()
        {
            ["status"] = "ok",
            ["protocol_version"] = MessageCodec.ProtocolVersion,
            ["implementation"] = "iresnet",
            ["implementation_version"] = typeof(Replies).Assembly.GetName().Version!.ToString(3),
            ["banner"] = $"C# on .NET {Environment.Version}",
            ["language_info"] = NotebookMetadata.LanguageInfo,
            ["help_links"] = new JsonArray(),
            ["debugger"] = false,
        };

    public static JsonObject Error(string name, string message, IEnumerable<string> traceback) =>
        new()
        {
            ["status"] = "error",
            ["ename"] = name,
            ["evalue"] = message,
            ["traceback"] = new JsonArray([.. traceback.Select(l => (JsonNode)l)]),
        };

    public static JsonObject Aborted() => new() { ["status"] = "aborted" };

    public static JsonObject Completions(string code, CompletionList list)
    {
        var (start, end) = (CursorPosition.ToCodePoints(code, list.Start), CursorPosition.ToCodePoints(code, list.End));
        return new JsonObject
        {
            ["status"] = "ok",
            ["matches"] = new JsonArray([.. list.Items.Select(i => (JsonNode)i.Text)]),
            ["cursor_start"] = start,
            ["cursor_end"] = end,
            ["metadata"] = new JsonObject
            {
                // Not in the protocol, but read by JupyterLab and the classic Notebook for the icons.
                ["_jupyter_types_experimental"] = new JsonArray([
                    .. list.Items.Select(i => new JsonObject
                    {
                        ["text"] = i.Text,
                        ["type"] = i.Kind,
                        ["start"] = start,
                        ["end"] = end,
                    }),
                ]),
            },
        };
    }

    public static JsonObject Inspection(string? text) =>
        new()
        {
            ["status"] = "ok",
            ["found"] = text is not null,
            ["data"] = text is null ? new JsonObject() : new JsonObject { ["text/plain"] = text },
            ["metadata"] = new JsonObject(),
        };

    public static JsonObject IsComplete(Completeness completeness, string code) =>
        completeness switch
        {
            Completeness.Complete => new JsonObject { ["status"] = "complete" },
            Completeness.Invalid => new JsonObject { ["status"] = "invalid" },
            _ => new JsonObject { ["status"] = "incomplete", ["indent"] = IndentAfter(code) },
        };

    /// <summary>The last line's own indent, and four spaces more where it opens something.</summary>
    private static string IndentAfter(string code)
    {
        string line = code[(code.LastIndexOf('\n') + 1)..];
        string indent = line[..(line.Length - line.TrimStart().Length)];
        return line.TrimEnd() is [.., '{' or '(' or '['] ? indent + "    " : indent;
    }
}
