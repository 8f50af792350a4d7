using System.Text;
using IResNet.Workbook.Notebooks;
using IResNet.Workbook.Running;

namespace IResNet.Workbook.Html;

/// <summary>
/// The overview of a folder of output notebooks, <c>index.html</c>: title, claim, status, time and first figure of
/// each.
/// </summary>
internal static class Gallery
{
    public const string FileName = "index.html";

    /// <summary>Writes the overview and the assets of all pages into the folder.</summary>
    public static void Write(string folder)
    {
        folder = Path.GetFullPath(folder);
        var body = new StringBuilder(
            "<header><h1>Invertible residual networks</h1></header>\n<main class=\"gallery\">\n"
        );
        foreach (string? path in Directory.GetFiles(folder, "*.ipynb").Order(StringComparer.Ordinal))
            body.Append(Card(path));
        body.Append("</main>");
        PageAssets.WriteTo(folder);
        AtomicFile.WriteAllText(
            Path.Combine(folder, FileName),
            Page.Create("Invertible residual networks", body.ToString(), charts: false)
        );
    }

    private static string Card(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        Notebook notebook;
        try
        {
            notebook = Notebook.Load(path);
        }
        catch (Exception e) when (e is NotebookFormatException or IOException or UnauthorizedAccessException)
        {
            return $"<article class=\"card\"><h2>{Page.Encode(name)}</h2><p class=\"status failed\">This file is not "
                + "a notebook that can be read.</p></article>\n";
        }

        var record = RunRecord.Load(path);
        var outline = NotebookOutline.Of(notebook, name);
        var markdown = new MarkdownRenderer(new HtmlCleaner(NotebookPage.Links(path, record)));
        string page = Page.Encode(Uri.EscapeDataString(name) + ".html");
        string figure = outline.Figure is { } output
            ? $"<a class=\"figure\" href=\"{page}\">{OutputRenderer.Image(output, outline.Title)}</a>"
            : "";
        string failure = record is { Message: { } message, Cell: { } cell }
            ? "<p class=\"status failed\"><a "
                + $"href=\"{page}#{NotebookPage.Anchor(cell)}\">{Page.Encode(message)}</a></p>"
            : "";
        return $"""
            <article class="card"><h2><a href="{page}">{Page.Encode(outline.Title)}</a></h2>{figure}
            {(outline.Claim is { } claim ? markdown.ToHtml(claim) : "")}
            {failure}<div class="bar">{StatusLine.ToHtml(record, notebook)}</div></article>

            """;
    }
}
