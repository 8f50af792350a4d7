using System.Text.Json.Nodes;
using NotebookEngine;

namespace IResNet.Workbook.Notebooks;

/// <summary>A <c>.dib</c> file of Polyglot Notebooks as a notebook.</summary>
internal static class DibNotebook
{
    public static Notebook Read(string text)
    {
        var notebook = new Notebook { Metadata = new JsonObject { ["kernelspec"] = NotebookMetadata.KernelSpec } };
        foreach (var (index, (language, source)) in DibFile.Cells(text).Index())
        {
            bool isText = language.Equals("markdown", StringComparison.OrdinalIgnoreCase);
            notebook.Cells.Add(
                new Cell(isText ? CellKind.Markdown : CellKind.Code, $"cell-{index + 1}", source)
                {
                    Metadata =
                        isText || CellLanguage.IsCSharp(language)
                            ? []
                            : new JsonObject { ["polyglot_notebook"] = new JsonObject { ["kernelName"] = language } },
                }
            );
        }

        return notebook;
    }
}
