using IResNet.Workbook.Notebooks;

namespace IResNet.Workbook.Running;

/// <summary>What each cell is about, in a few words.</summary>
internal static class CellLabels
{
    private const int Length = 60;

    /// <summary>
    /// A label for each code cell: the comment that it begins with, or else the heading that it stands under and its
    /// first line.
    /// </summary>
    public static IReadOnlyDictionary<Cell, string> Of(Notebook notebook)
    {
        var (labels, heading) = (new Dictionary<Cell, string>(), "");
        foreach (var cell in notebook.Cells)
        {
            if (cell.Kind == CellKind.Markdown)
                heading = cell.Source.Split('\n').LastOrDefault(line => line.StartsWith('#'))?.TrimStart('#').Trim()
                    ?? heading;
            else
                labels[cell] = Label(cell, heading);
        }

        return labels;
    }

    private static string Label(Cell cell, string heading)
    {
        string line = cell.Source.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.Length > 0) ?? "";
        string label =
            line.StartsWith("//", StringComparison.Ordinal) ? line.TrimStart('/').Trim()
            : heading.Length == 0 ? line
            : $"{heading}: {line}";
        return label.Length <= Length ? label : label[..(Length - 1)] + "…";
    }
}
