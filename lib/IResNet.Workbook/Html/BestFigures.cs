using System.Text;
using IResNet.Workbook.Notebooks;
using Markdig.Syntax;

namespace IResNet.Workbook.Html;

/// <summary>
/// The outputs of code cells tagged <c>gallery</c>, each with a link to the cell that made it: pictures, and
/// <c>gallery.html</c>, a part of a page that shows them. Sliders stay movable.
/// </summary>
internal static class BestFigures
{
    /// <summary>The tag of a cell whose figure belongs to the gallery.</summary>
    public const string Tag = "gallery";

    /// <summary>The part of a page, in the folder of the notebooks' pages.</summary>
    public const string FileName = "gallery.html";

    private const string Pictures = "figures",
        Png = "image/png";

    /// <summary>
    /// Writes the pictures and the part of a page; addresses in it are relative to the folder above. Deletes nothing.
    /// </summary>
    /// <param name="notebooks">Executed notebooks, in the order of the gallery.</param>
    /// <param name="folder">The folder of their pages.</param>
    /// <exception cref="NotebookFormatException">A picture cannot be decoded.</exception>
    public static void Write(IEnumerable<string> notebooks, string folder)
    {
        string pictures = Path.Combine(folder, Pictures);
        Directory.CreateDirectory(pictures);
        string name = Path.GetFileName(Path.GetFullPath(folder));
        var body = new StringBuilder("<div class=\"gallery\">\n");
        foreach (string path in notebooks)
        {
            var notebook = Notebook.Load(path);
            string heading = "";
            foreach (var cell in notebook.Cells)
            {
                if (cell.Kind == CellKind.Markdown)
                    heading = Heading(cell) ?? heading;
                if (cell.HasTag(Tag) && cell.Outputs.OfType<DisplayOutput>().FirstOrDefault(IsFigure) is { } figure)
                    body.Append(Figure(notebook, cell, figure, heading, Path.GetFileNameWithoutExtension(path)));
            }
        }
        body.Append("</div>\n");
        AtomicFile.WriteAllText(Path.Combine(folder, FileName), body.ToString());

        string Figure(Notebook notebook, Cell cell, DisplayOutput figure, string heading, string page)
        {
            string title = NotebookOutline.Of(notebook, page).Title,
                file = $"{page}-{cell.Id}",
                link = $"{name}/{Uri.EscapeDataString(page)}.html#{NotebookPage.Anchor(cell.Id)}",
                shown;
            if (figure.Data[MimeTypes.Plotly]?["layout"]?["sliders"] is not null)
            {
                var cleaner = new HtmlCleaner(new LinkResolver(folder, pictures));
                string chart = new OutputRenderer(new MarkdownRenderer(cleaner), cleaner).ToHtml(figure);
                string frame = Page.Create(heading, $"<main>{chart}</main>", charts: true);
                AtomicFile.WriteAllText(Path.Combine(folder, $"{file}.html"), frame);
                shown =
                    $"<iframe src=\"{name}/{file}.html\" title=\"{Page.Encode(heading)}\" loading=\"lazy\"></iframe>";
            }
            else
            {
                byte[] picture = Decoded(figure.Text(Png)!, page, cell);
                AtomicFile.Write(Path.Combine(pictures, $"{file}.png"), stream => stream.Write(picture));
                shown =
                    $"<a href=\"{link}\"><img src=\"{name}/{Pictures}/{file}.png\" "
                    + $"alt=\"{Page.Encode(heading)}\" loading=\"lazy\"></a>";
            }
            return $"<figure>{shown}<figcaption>{Page.Encode(heading)}. "
                + $"<a href=\"{link}\">{Page.Encode(title)}</a></figcaption></figure>\n";
        }
    }

    private static bool IsFigure(DisplayOutput output) => output.Text(Png) is not null;

    private static byte[] Decoded(string base64, string notebook, Cell cell)
    {
        try
        {
            return Convert.FromBase64String(base64);
        }
        catch (FormatException e)
        {
            throw new NotebookFormatException($"{notebook}: the picture under cell {cell.Id} is not base64.", e);
        }
    }

    private static string? Heading(Cell cell) =>
        MarkdownRenderer.Parse(cell.Source).OfType<HeadingBlock>().LastOrDefault() is { } heading
            ? NotebookOutline.PlainText(heading)
            : null;
}
