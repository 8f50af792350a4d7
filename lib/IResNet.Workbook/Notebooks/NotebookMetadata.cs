using System.Text.Json.Nodes;

namespace IResNet.Workbook.Notebooks;

/// <summary>
/// What a C# notebook says about its kernel and its language, so that Jupyter, VS Code and .NET Interactive all open
/// it.
/// </summary>
internal static class NotebookMetadata
{
    /// <summary>
    /// The kernelspec that the notebooks name: .NET Interactive's, which <c>iresnet kernel install</c> also provides.
    /// </summary>
    public static JsonObject KernelSpec =>
        new()
        {
            ["name"] = ".net-csharp",
            ["display_name"] = ".NET (C#)",
            ["language"] = "C#",
        };

    /// <summary>What the kernel answers to <c>kernel_info_request</c> and nbconvert copies into the file.</summary>
    public static JsonObject LanguageInfo =>
        new()
        {
            ["name"] = "C#",
            ["version"] = "14.0",
            ["mimetype"] = "text/x-csharp",
            ["file_extension"] = ".cs",
            ["pygments_lexer"] = "csharp",
            ["codemirror_mode"] = "text/x-csharp",
            ["nbconvert_exporter"] = "script",
        };

    /// <summary>
    /// Writes the language as a run by nbconvert would, and names the kernel where the notebook names none.
    /// </summary>
    public static void Complete(JsonObject metadata)
    {
        metadata["language_info"] = LanguageInfo;
        metadata["kernelspec"] ??= KernelSpec;
    }
}
