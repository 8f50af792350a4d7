using System.Text.Json.Nodes;
using AngleSharp.Html.Parser;
using IResNet.Tests.Programs.Workbook.Running;
using IResNet.Workbook.Html;
using IResNet.Workbook.Notebooks;
using IResNet.Workbook.Running;
using Xunit;
using static IResNet.Tests.Programs.Workbook.Running.NotebookFolder;

namespace IResNet.Tests.Programs.Workbook.Html;

public sealed class GalleryTests : IDisposable
{
    private readonly NotebookFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Each_notebook_has_a_card_with_title_claim_status_time_and_first_figure()
    {
        var drawn = Code("drawn", "1");
        drawn.Outputs.Add(new DisplayOutput(new JsonObject { ["text/plain"] = "no figure" }));
        drawn.Outputs.Add(new DisplayOutput(new JsonObject { ["image/png"] = "AAAA" }));
        drawn.Outputs.Add(new DisplayOutput(new JsonObject { ["image/png"] = "BBBB" }));
        _folder.Notebook(
            "10-b c.ipynb",
            Text("t", "Intro.\n\n# Title `b` &lt;i&gt; $x^2$"),
            Text("c", "The *claim*: $x < 1$.\n\nNot this."),
            drawn
        );
        new RunRecord
        {
            Notebook = "b.ipynb",
            Status = RunStatus.Passed,
            Seconds = 61,
        }.Save(_folder.File("10-b c.ipynb"));
        _folder.Notebook("02-a.ipynb", Code("bad", "1"));
        new RunRecord
        {
            Notebook = "a.ipynb",
            Status = RunStatus.Failed,
            Cell = "bad",
            Message = "cell [1]: <no>",
        }.Save(_folder.File("02-a.ipynb"));
        File.WriteAllText(_folder.File("20-broken.ipynb"), "{");

        Gallery.Write(_folder.Path);

        var page = new HtmlParser().ParseDocument(File.ReadAllText(_folder.File("index.html")));
        var cards = page.QuerySelectorAll("main > article");
        Assert.Equal(
            ["02-a", "Title b <i> x^2", "20-broken"],
            cards.Select(card => card.QuerySelector("h2")!.TextContent)
        );
        var (failed, passed) = (cards[0], cards[1]);
        Assert.Equal("10-b%20c.html", passed.QuerySelector("h2 a")!.GetAttribute("href"));
        Assert.Equal(@"The claim: \(x < 1\).", passed.QuerySelector("p")!.TextContent);
        Assert.Equal("data:image/png;base64,AAAA", passed.QuerySelector(".figure img")!.GetAttribute("src"));
        Assert.Contains("passed1:01", passed.QuerySelector(".bar")!.TextContent);
        Assert.Equal("02-a.html#cell-bad", failed.QuerySelector("p.failed a")!.GetAttribute("href"));
        Assert.Equal("cell [1]: <no>", failed.QuerySelector("p.failed")!.TextContent);
        Assert.Null(failed.QuerySelector("img"));
    }

    [Fact]
    public void The_assets_that_pages_name_are_written()
    {
        Gallery.Write(_folder.Path);

        foreach (
            string name in (string[])
                [
                    "page.css",
                    "page.js",
                    "plotly.min.js",
                    "katex/katex.min.js",
                    "katex/katex.min.css",
                    "katex/LICENSE",
                    "katex/fonts/KaTeX_Main-Regular.woff2",
                ]
        )
            Assert.True(new FileInfo(_folder.File(["assets", .. name.Split('/')])).Length > 500, name);
        Assert.False(File.Exists(_folder.File("assets", "page.html")));
    }
}
