using System.Globalization;
using System.Text;
using IResNet.Workbook.Notebooks;
using IResNet.Workbook.Running;
using NotebookEngine;

namespace IResNet.Workbook.Html;

/// <summary>The page of one notebook: <c>NAME.html</c> beside <c>NAME.ipynb</c>.</summary>
internal static class NotebookPage
{
    /// <summary>
    /// Writes the page of an output notebook. The page's assets are written by <see cref="PageAssets"/>.
    /// </summary>
    /// <param name="path">The .ipynb file.</param>
    /// <exception cref="NotebookFormatException">The file is not a notebook.</exception>
    public static void Write(string path)
    {
        var notebook = Notebook.Load(path);
        string html = Create(notebook, Path.GetFullPath(path), RunRecord.Load(path));
        AtomicFile.WriteAllText(Path.ChangeExtension(path, ".html"), html);
    }

    /// <summary>The page as text.</summary>
    /// <param name="notebook">The notebook with its outputs.</param>
    /// <param name="path">Where the output notebook lies, absolute.</param>
    /// <param name="record">How the run went; null where it is not known.</param>
    /// <param name="links">Where its addresses lead; by default from where the record says that it was run.</param>
    public static string Create(Notebook notebook, string path, RunRecord? record, LinkResolver? links = null)
    {
        links ??= Links(path, record);
        var cleaner = new HtmlCleaner(links);
        var markdown = new MarkdownRenderer(cleaner);
        var outputs = new OutputRenderer(markdown, cleaner);
        string name = Path.GetFileNameWithoutExtension(path);

        var body = new StringBuilder("<header><nav class=\"bar\"><a href=\"index.html\">All notebooks</a>");
        body.Append(
            CultureInfo.InvariantCulture,
            $"<a href=\"{Uri.EscapeDataString(name)}.ipynb\">The "
                + $"notebook</a>{StatusLine.ToHtml(record, notebook)}</nav></header>\n<main>\n"
        );
        foreach (var cell in notebook.Cells)
            body.Append(CellHtml(notebook, cell, markdown, outputs));
        body.Append("</main>");
        return Page.Create(
            NotebookOutline.Of(notebook, name).Title,
            body.ToString(),
            charts: notebook.CodeCells.SelectMany(cell => cell.Outputs).Any(OutputRenderer.IsChart)
        );
    }

    /// <summary>
    /// The addresses in a notebook are relative to the one that was run, not to its copy in the output folder.
    /// </summary>
    public static LinkResolver Links(string path, RunRecord? record)
    {
        string folder = Path.GetDirectoryName(path)!;
        return new LinkResolver(
            record is null ? folder : Path.GetDirectoryName(Path.GetFullPath(record.Notebook, folder))!,
            folder
        );
    }

    /// <summary>The place of a cell in the page.</summary>
    public static string Anchor(string cellId) => $"cell-{cellId}";

    private static string CellHtml(Notebook notebook, Cell cell, MarkdownRenderer markdown, OutputRenderer outputs)
    {
        string anchor = $"id=\"{Anchor(cell.Id)}\"";
        switch (cell.Kind)
        {
            case CellKind.Markdown:
                return "<section class=\"cell markdown\" "
                    + $"{anchor}>{markdown.ToHtml(cell.Source, cell.Attachments)}</section>\n";
            case CellKind.Code when !cell.IsBlank:
                string count = cell.ExecutionCount is { } number ? $"<span class=\"count\">[{number}]</span>" : "";
                string source = CellLanguage.IsCSharp(notebook.LanguageOf(cell))
                    ? CSharpHighlighter.ToHtml(cell.Source)
                    : Page.Encode(cell.Source);
                string shown = string.Concat(cell.Outputs.Select(outputs.ToHtml));
                return $"<section class=\"cell code\" {anchor}><div "
                    + $"class=\"source\">{count}<pre><code>{source}</code></pre></div>"
                    + (shown.Length > 0 ? $"<div class=\"outputs\">\n{shown}</div>" : "")
                    + "</section>\n";
            default:
                return "";
        }
    }
}
