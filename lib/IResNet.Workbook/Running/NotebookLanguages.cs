using IResNet.Workbook.Notebooks;
using NotebookEngine;

namespace IResNet.Workbook.Running;

/// <summary>Refuses what does not run here by its language, before anything of it has run.</summary>
internal static class NotebookLanguages
{
    /// <exception cref="UsageException">A cell that would run is in another language.</exception>
    public static void Check(Notebook notebook, string path)
    {
        foreach (var (index, cell) in notebook.CodeCells.Index())
        {
            if (cell.IsBlank || CellTags.IsSkipped(cell.Tags))
                continue;
            if (CellLanguage.Refusal(cell.Source, notebook.LanguageOf(cell)) is { } refusal)
                throw new UsageException($"{path}, code cell {index + 1}: {refusal}");
        }
    }
}
