namespace NotebookEngine.Language;

/// <summary>Completes the directives that may begin a line.</summary>
internal static class DirectiveCompletion
{
    private static readonly string[] Directives =
    [
        "#!csharp",
        "#!html",
        "#!import \"",
        "#!markdown",
        "#!time",
        "#!who",
        "#!whos",
        "#i \"nuget: ",
        "#load \"",
        "#r \"",
        "#r \"nuget: ",
    ];

    /// <summary>The candidates, or null where the line is no directive.</summary>
    public static CompletionList? TryComplete(string code, int position)
    {
        int lineStart = position == 0 ? 0 : code.LastIndexOf('\n', position - 1) + 1;
        string typed = code[lineStart..position].TrimStart();
        if (!typed.StartsWith('#'))
            return null;
        var items = Directives
            .Where(d => d.StartsWith(typed, StringComparison.Ordinal))
            .Select(d => new CompletionItem(d, "keyword"));
        return new CompletionList(position - typed.Length, position, items.ToList());
    }
}
