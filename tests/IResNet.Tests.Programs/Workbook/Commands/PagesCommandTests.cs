using System.Text.Json.Nodes;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using IResNet.Tests.Programs.Workbook.Running;
using IResNet.Workbook.Commands;
using IResNet.Workbook.Notebooks;
using Xunit;
using static IResNet.Tests.Programs.Workbook.Running.NotebookFolder;

namespace IResNet.Tests.Programs.Workbook.Commands;

/// <summary><c>iresnet pages</c> on notebooks that nothing runs.</summary>
public sealed class PagesCommandTests : IDisposable
{
    private readonly NotebookFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Figures_of_tagged_cells_are_the_gallery_each_with_a_link_to_its_cell()
    {
        _folder.Notebook(
            "10-b c.ipynb",
            Text("t", "# Title of *b*"),
            Figure("skipped", Png(1)),
            Text("h", "Words.\n\n## A &lt;heading&gt; of $x$"),
            Figure("shown", Png(2), "gallery", "other"),
            Figure("again", Png(3), "gallery")
        );
        _folder.Notebook("02-a.ipynb", Text("t", "# Title of a"), Figure("first", Png(4), "gallery"));

        Assert.Equal((0, ""), Pages(_folder.Path));

        var figures = GalleryFigures();
        Assert.Equal(
            ["pages/figures/02-a-first.png", "pages/figures/10-b c-shown.png", "pages/figures/10-b c-again.png"],
            figures.Select(figure => figure.QuerySelector("a > img")!.GetAttribute("src"))
        );
        Assert.Equal(
            ["Title of a. Title of a", "A <heading> of x. Title of b", "A <heading> of x. Title of b"],
            figures.Select(figure => figure.QuerySelector("figcaption")!.TextContent)
        );
        foreach (var figure in figures)
        {
            foreach (var link in figure.QuerySelectorAll("a"))
            {
                string[] address = Uri.UnescapeDataString(link.GetAttribute("href")!).Split('#');
                var page = Parse(Path.Combine(_folder.Path, address[0]));
                Assert.NotNull(page.GetElementById(address[1]));
            }
        }
        Assert.Equal(Png(2), File.ReadAllBytes(_folder.File("pages", "figures", "10-b c-shown.png")));
        Assert.Equal(3, Directory.GetFiles(_folder.File("pages", "figures")).Length);
        Assert.Equal(2, Parse(_folder.File("pages", "index.html")).QuerySelectorAll("article.card").Length);
        Assert.True(File.Exists(_folder.File("pages", "assets", "page.css")));
    }

    [Fact]
    public void A_chart_with_a_slider_is_a_frame_that_stays_movable()
    {
        var chart = JsonNode.Parse("""{"data": [], "layout": {"sliders": [{}]}}""");
        _folder.Notebook(
            "a.ipynb",
            Text("t", "# Moving"),
            Figure("slider", Png(1), chart, "gallery"),
            Figure("still", Png(2), JsonNode.Parse("""{"data": [], "layout": {}}"""), "gallery")
        );

        Assert.Equal((0, ""), Pages(_folder.Path));

        var (slider, still) = (GalleryFigures()[0], GalleryFigures()[1]);
        Assert.Equal("pages/a-slider.html", slider.QuerySelector("iframe")!.GetAttribute("src"));
        Assert.Null(slider.QuerySelector("img"));
        Assert.NotNull(still.QuerySelector("img"));
        var frame = Parse(_folder.File("pages", "a-slider.html"));
        Assert.Contains("sliders", frame.QuerySelector("figure.plotly script")!.TextContent);
        Assert.Contains(frame.QuerySelectorAll("script[src]"), script =>
            script.GetAttribute("src") == "assets/plotly.min.js"
        );
    }

    [Fact]
    public void A_tagged_cell_without_a_picture_and_notebooks_without_tags_leave_no_trace()
    {
        _folder.Notebook("a.ipynb", Code("none", "1", "gallery"));
        _folder.Notebook("b.ipynb", Figure("untagged", Png(1)));

        Assert.Equal((0, ""), Pages(_folder.Path));

        Assert.Empty(GalleryFigures());
        Assert.Empty(Directory.GetFiles(_folder.File("pages", "figures")));
    }

    [Fact]
    public void Files_that_it_does_not_write_stay()
    {
        _folder.Notebook("a.ipynb", Figure("x", Png(1), "gallery"));
        Directory.CreateDirectory(_folder.File("pages", "figures"));
        string[] own = [_folder.File("pages", "mine.txt"), _folder.File("pages", "figures", "mine.png")];
        foreach (string path in own)
            File.WriteAllText(path, "mine");

        Assert.Equal((0, ""), Pages(_folder.Path));
        Assert.Equal((0, ""), Pages(_folder.Path));

        Assert.All(own, path => Assert.Equal("mine", File.ReadAllText(path)));
        Assert.Equal(2, Directory.GetFiles(_folder.File("pages", "figures")).Length);
    }

    [Fact]
    public void The_notebooks_own_folder_is_refused_and_they_stay_as_they_are()
    {
        string notebook = _folder.Notebook("a.ipynb", Figure("x", Png(1), "gallery"));
        byte[] before = File.ReadAllBytes(notebook);

        var (code, error) = Run(_folder.Path, "--output", _folder.Path);

        Assert.Equal(1, code);
        Assert.Contains("would replace the notebook", error);
        Assert.Equal(before, File.ReadAllBytes(notebook));
        Assert.Equal([notebook], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void What_is_no_notebook_or_no_picture_is_named()
    {
        var broken = Code("x", "1", "gallery");
        broken.Outputs.Add(new DisplayOutput(new JsonObject { ["image/png"] = "not base64!" }));
        _folder.Notebook("a.ipynb", broken);
        var (code, error) = Pages(_folder.Path);
        Assert.Equal((1, true), (code, error.Contains("a: the picture under cell x is not base64.")));

        File.WriteAllText(_folder.File("a.ipynb"), "{");
        Assert.Equal(1, Pages(_folder.Path).Code);
        (code, error) = Pages(_folder.File("nowhere"));
        Assert.Equal((1, true), (code, error.Contains("nowhere")));
    }

    /// <summary>The documentation's index includes the gallery: the workbook's own tags are there.</summary>
    [Fact]
    public void The_workbook_has_figures_for_the_gallery()
    {
        Assert.Equal((0, ""), Pages(Path.Combine(Repository.Root, "notebooks")));
        var figures = GalleryFigures();
        Assert.InRange(figures.Length, 10, 30);
        Assert.Contains(figures, figure => figure.QuerySelector("iframe") is not null);
    }

    private (int Code, string Error) Pages(string notebooks) => Run(notebooks, "--output", _folder.File("pages"));

    private static (int Code, string Error) Run(params string[] arguments)
    {
        using var error = new StringWriter();
        int code = IResNetCommand.Create().Parse(["pages", .. arguments]).Invoke(new() { Error = error });
        return (code, error.ToString());
    }

    private IElement[] GalleryFigures() =>
        [.. Parse(_folder.File("pages", "gallery.html")).QuerySelectorAll(".gallery > figure")];

    private static IDocument Parse(string path) => new HtmlParser().ParseDocument(File.ReadAllText(path));

    private static byte[] Png(byte content) => [0x89, (byte)'P', (byte)'N', (byte)'G', content];

    private static Cell Figure(string id, byte[] picture, params string[] tags) => Figure(id, picture, null, tags);

    private static Cell Figure(string id, byte[] picture, JsonNode? chart, params string[] tags)
    {
        var cell = Code(id, "1", tags);
        var data = new JsonObject { ["image/png"] = Convert.ToBase64String(picture) };
        if (chart is not null)
            data["application/vnd.plotly.v1+json"] = chart;
        cell.Outputs.Add(new DisplayOutput(data));
        return cell;
    }
}
