using System.Text.Json.Nodes;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using IResNet.Tests.Programs.Workbook.Running;
using IResNet.Workbook.Html;
using IResNet.Workbook.Notebooks;
using IResNet.Workbook.Running;
using Xunit;
using static IResNet.Tests.Programs.Workbook.Running.NotebookFolder;

namespace IResNet.Tests.Programs.Workbook.Html;

public class NotebookPageTests
{
    /// <summary>Texts that leave their place, run something or fetch something where they are not handled.</summary>
    public static readonly TheoryData<string> Hostile =
    [
        "</pre></div></section></main><h1>out</h1>",
        "<script>alert(1)</script>",
        "<script src=\"https://evil.example/x.js\"></script>",
        "<img src=\"https://evil.example/x.png\" onerror=\"alert(1)\">",
        "<img srcset=\"https://evil.example/x.png 2x\">",
        "<link rel=stylesheet href=https://evil.example/x.css>",
        "<style>@import url(https://evil.example/x.css)</style>",
        "<div style=\"background: url(https://evil.example/x.png)\">x</div>",
        "<iframe src=https://evil.example></iframe>",
        "<svg><script>alert(1)</script><image href=https://evil.example/x.png /></svg>",
        "<a href=\"javascript:alert(1)\">x</a>",
        "<form action=https://evil.example><input type=image src=https://evil.example/x.png></form>",
        "<video src=https://evil.example/x.mp4 poster=https://evil.example/x.png></video>",
        "<object data=https://evil.example></object><embed src=https://evil.example>",
        "<meta http-equiv=refresh content=\"0;url=https://evil.example\"><base href=https://evil.example/>",
        "<!-- open comment",
        "<plaintext>",
        "<table><tr><td>open",
        "{{body}} {{scripts}} </script><script>alert(1)</script> <!-- <script>",
        "![x](https://evil.example/x.png) ![y](javascript:alert(1))",
    ];

    private static IDocument Parsed(params Cell[] cells) => Parsed(null, cells);

    private static IDocument Parsed(RunRecord? record, params Cell[] cells)
    {
        var notebook = new Notebook();
        notebook.Cells.AddRange(cells);
        return new HtmlParser().ParseDocument(
            NotebookPage.Create(notebook, Path.GetFullPath("out/name.ipynb"), record)
        );
    }

    private static Cell WithOutputs(params Output[] outputs)
    {
        var cell = Code("code", "1");
        cell.Outputs.AddRange(outputs);
        return cell;
    }

    private static DisplayOutput Display(string mime, JsonNode content) => new(new JsonObject { [mime] = content });

    [Theory]
    [MemberData(nameof(Hostile))]
    public void No_text_breaks_out_of_its_place_runs_or_fetches_anything(string text)
    {
        var page = Parsed(
            Text("markdown", text),
            Text("title", $"# {text}"),
            Code("source", text),
            WithOutputs(
                new StreamOutput("stdout", text),
                new ErrorOutput(text, text, [text]),
                new ErrorOutput(text, text, []),
                Display("text/plain", text),
                Display("text/html", text),
                Display("text/markdown", text),
                Display("text/latex", text),
                Display("image/svg+xml", text),
                Display("image/png", text),
                Display("application/json", new JsonObject { [text] = text }),
                new DisplayOutput(
                    new JsonObject
                    {
                        [MimeTypes.Plotly] = new JsonObject { ["data"] = text },
                        ["image/png"] = text,
                    }
                )
            ),
            Text("end", "The end.")
        );

        Assert.Equal(
            ["markdown", "title", "source", "code", "end"],
            page.QuerySelectorAll("body > main > section").Select(cell => cell.Id!["cell-".Length..])
        );
        Assert.Equal("The end.", page.QuerySelector("#cell-end")!.TextContent.Trim());
        Assert.Equal(11, page.QuerySelectorAll("#cell-code > .outputs > .output").Length);
        AssertOffline(page);
    }

    private static void AssertOffline(IDocument page)
    {
        Assert.Equal(
            ["assets/katex/katex.min.js", "assets/plotly.min.js", "assets/page.js"],
            page.Scripts.Where(script => script.Type != "application/json").Select(script => script.GetAttribute("src"))
        );
        Assert.All(page.Scripts.Where(script => script.Type == "application/json"), script =>
            JsonNode.Parse(script.TextContent)
        );
        foreach (var element in page.All)
        {
            Assert.DoesNotContain(
                element.LocalName,
                (string[])["iframe", "object", "embed", "base", "form", "style", "video", "audio"]
            );
            Assert.DoesNotContain(element.Attributes, attribute =>
                attribute.Name.StartsWith("on", StringComparison.Ordinal) || attribute.Name == "srcset"
            );
            Assert.DoesNotContain("url(", element.GetAttribute("style") ?? "");
            if (element.GetAttribute("src") is { } source)
                Assert.True(
                    source.StartsWith("assets/", StringComparison.Ordinal)
                        || source.StartsWith("data:image/", StringComparison.Ordinal),
                    source
                );
            if (element.LocalName != "a" && element.GetAttribute("href") is { } address)
                Assert.StartsWith("assets/", address);
            Assert.DoesNotContain("javascript:", element.GetAttribute("href") ?? "");
        }
    }

    [Fact]
    public void The_offline_check_can_fail() =>
        Assert.ThrowsAny<Exception>(() =>
            AssertOffline(new HtmlParser().ParseDocument("<body><img src=https://evil.example/x.png>"))
        );

    [Fact]
    public void The_frame_loads_nothing_but_assets()
    {
        Assert.DoesNotContain("http://", PageAssets.Frame);
        Assert.DoesNotContain("https://", PageAssets.Frame);
        Assert.Contains("default-src 'none'", PageAssets.Frame);
    }

    [Fact]
    public void Markdown_has_mathematics_tables_and_coloured_CSharp()
    {
        var page = Parsed(
            Text(
                "m",
                "# T\n\n$x_1^2$ and *a*\n\n$$\n\\frac{a}{b} < c_1\n$$\n\n| a | b |\n|---|--:|\n| 1 | 2 "
                    + "|\n\n```csharp\nvar x = 1;\n```\n\n```python\nx = 1\n```\n\n[next](01.ipynb)"
            )
        );

        Assert.Equal(@"\(x_1^2\)", page.QuerySelector("span.math")!.TextContent);
        Assert.Contains(@"\frac{a}{b} < c_1", page.QuerySelector("div.math")!.TextContent);
        Assert.Equal("2", page.QuerySelector("td:last-child")!.TextContent);
        Assert.Equal(["var"], page.QuerySelectorAll("pre .k").Select(span => span.TextContent));
        Assert.Equal("01.html", page.QuerySelector("section a")!.GetAttribute("href"));
        Assert.Equal("T", page.Title);
    }

    [Fact]
    public void A_chart_is_an_image_until_a_script_draws_it()
    {
        var page = Parsed(
            WithOutputs(
                new DisplayOutput(
                    new JsonObject
                    {
                        [MimeTypes.Plotly] = new JsonObject { ["data"] = new JsonArray(1) },
                        ["image/png"] = "iVBO\n",
                        ["text/plain"] = "chart",
                    }
                )
            )
        );

        var figure = page.QuerySelector("figure.plotly")!;
        Assert.Equal("data:image/png;base64,iVBO", figure.QuerySelector("img")!.GetAttribute("src"));
        Assert.Equal("""{"data":[1]}""", figure.QuerySelector("script[type='application/json']")!.TextContent);
    }

    [Fact]
    public void Plotly_is_loaded_only_where_there_is_a_chart() =>
        Assert.DoesNotContain(Parsed(Code("a", "1")).Scripts, script =>
            script.GetAttribute("src")!.Contains("plotly", StringComparison.Ordinal)
        );

    [Fact]
    public void The_header_tells_how_the_run_went()
    {
        var record = new RunRecord
        {
            Notebook = "../notebooks/name.ipynb",
            Status = RunStatus.Failed,
            Seconds = 125,
            Parameters = new Dictionary<string, string> { ["preset"] = "<quick>" },
        };

        string bar = Parsed(record, Text("m", "# T")).QuerySelector("header .bar")!.TextContent;

        Assert.Contains("failed", bar);
        Assert.Contains("2:05", bar);
        Assert.Contains("preset = <quick>", bar);
        Assert.Contains("not run", Parsed(Text("m", "# T")).QuerySelector("header .bar")!.TextContent);
        var executed = Code("a", "1");
        executed.ExecutionCount = 1;
        Assert.Empty(Parsed(executed).QuerySelectorAll("header .status"));
    }
}
