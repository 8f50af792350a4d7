namespace NotebookEngine;

/// <summary>Tags of cells that decide whether they run.</summary>
public static class CellTags
{
    /// <summary>Whether a cell with these tags is left out, as it is run and as its notebook is imported.</summary>
    public static bool IsSkipped(IEnumerable<string> tags) => tags.Any(tag => tag is "skip" or "skip-execution");
}
