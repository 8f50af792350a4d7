using System.Text.Json.Nodes;
using NotebookEngine.Source;

namespace NotebookEngine;

/// <summary>
/// The languages of cells, by the names that .NET Interactive's notebooks give them in their metadata and in lines as
/// <c>#!html</c>. C# runs here, HTML and Markdown are shown, everything else is refused by its name.
/// </summary>
public static class CellLanguage
{
    /// <summary>The language of a cell that names none.</summary>
    public const string CSharp = "csharp";

    private static readonly Dictionary<string, PartKind> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        [CSharp] = PartKind.Code,
        ["c#"] = PartKind.Code,
        [".net-csharp"] = PartKind.Code,
        // What VS Code writes for a notebook whose cells each have a language.
        ["polyglot-notebook"] = PartKind.Code,
        ["dotnet-interactive.csharp"] = PartKind.Code,
        ["html"] = PartKind.Html,
        ["markdown"] = PartKind.Markdown,
    };

    private static readonly Dictionary<string, string> Foreign = new(StringComparer.OrdinalIgnoreCase)
    {
        ["fsharp"] = "F#",
        ["f#"] = "F#",
        [".net-fsharp"] = "F#",
        ["pwsh"] = "PowerShell",
        ["powershell"] = "PowerShell",
        [".net-powershell"] = "PowerShell",
        ["python"] = "Python",
        ["python3"] = "Python",
        ["ipython"] = "Python",
        ["javascript"] = "JavaScript",
        ["js"] = "JavaScript",
        ["typescript"] = "TypeScript",
        ["sql"] = "SQL",
        ["kql"] = "KQL",
        ["http"] = "HTTP",
        ["mermaid"] = "Mermaid",
        ["r"] = "R",
        ["ir"] = "R",
        ["julia"] = "Julia",
        ["bash"] = "Bash",
        ["sh"] = "Bash",
    };

    /// <summary>The language that a cell's metadata name; null where they name none.</summary>
    public static string? OfCell(JsonNode? metadata) =>
        Text(metadata, "polyglot_notebook", "kernelName") ?? Text(metadata, "dotnet_interactive", "language");

    /// <summary>
    /// The language that a notebook's metadata name for cells that name none; null where they name none.
    /// </summary>
    public static string? OfNotebook(JsonNode? metadata) =>
        Text(metadata, "polyglot_notebook", "kernelInfo", "defaultKernelName")
        ?? Text(metadata, "kernelspec", "language")
        ?? (Text(metadata, "kernelspec", "name") is { } kernel && Named(kernel) ? kernel : null)
        ?? Text(metadata, "language_info", "name");

    /// <summary>Whether a cell of this language is C#; null stands for it.</summary>
    public static bool IsCSharp(string? language) => KindOf(language) == PartKind.Code;

    /// <summary>Why a cell cannot run here, as parts of it are in another language; null where it can.</summary>
    /// <param name="code">The cell's text.</param>
    /// <param name="language">The language that its metadata or its notebook name; null for C#.</param>
    public static string? Refusal(string code, string? language)
    {
        if (KindOf(language) is not { } kind)
            return ForeignText(language!);
        if (CodeNesting.IsTooDeep(code))
            return null;
        string? refusal = null;
        CellSource.Parse(code, kind, (line, number) =>
        {
            try
            {
                return Directive.Parse(line, number);
            }
            catch (DirectiveException e)
            {
                if (e.IsForeignLanguage)
                    refusal ??= e.Message;
                return new TimeDirective(number);
            }
        });
        return refusal;
    }

    /// <summary>What a cell of this language is; null where it does not run here.</summary>
    internal static PartKind? KindOf(string? language) =>
        language is null ? PartKind.Code
        : Known.TryGetValue(language, out var kind) ? kind
        : null;

    /// <summary>Whether the word is a language's name, one that runs here or not.</summary>
    internal static bool Named(string word) => Known.ContainsKey(word) || Foreign.ContainsKey(word);

    /// <summary>Says that a language does not run here, and what to do.</summary>
    internal static string ForeignText(string language) =>
        $"{Foreign.GetValueOrDefault(language, language)} does not run here: cells are C#, HTML or Markdown. "
        + (
            language.Equals("mermaid", StringComparison.OrdinalIgnoreCase)
                ? "Show the diagram as an image."
                : "Write it in C#, or run the notebook by the kernel that it was written for."
        );

    private static string? Text(JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (string name in path)
            node = (node as JsonObject)?[name];
        return node is JsonValue value && value.TryGetValue(out string? text) && text.Length > 0 ? text : null;
    }
}
