namespace NotebookEngine;

/// <summary>
/// The <c>.dib</c> files of Polyglot Notebooks: cells one after the other, each begun by a line with its language, as
/// <c>#!csharp</c>.
/// </summary>
public static class DibFile
{
    private const string Meta = "meta";

    /// <summary>Whether a path names such a file.</summary>
    public static bool Is(string path) => Path.GetExtension(path).Equals(".dib", StringComparison.OrdinalIgnoreCase);

    /// <summary>The cells in order, without empty ones and the block <c>#!meta</c>.</summary>
    public static IReadOnlyList<(string Language, string Source)> Cells(string text)
    {
        var blocks = new List<(string Language, List<string> Lines)> { (CellLanguage.CSharp, []) };
        foreach (string line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            if (line.StartsWith("#!", StringComparison.Ordinal) && IsLanguage(line[2..].TrimEnd()))
                blocks.Add((line[2..].TrimEnd(), []));
            else
                blocks[^1].Lines.Add(line);
        }
        return blocks
            .Where(b => b.Language != Meta)
            .Select(b => (b.Language, Source: string.Join('\n', b.Lines).Trim('\n')))
            .Where(b => !string.IsNullOrWhiteSpace(b.Source))
            .ToList();
    }

    private static bool IsLanguage(string word) => word == Meta || CellLanguage.Named(word);
}
