using System.Text;
using System.Text.Json.Nodes;
using IResNet.Notebooks;
using IResNet.Tests.Programs.NotebookEngine;
using IResNet.Tests.Programs.Workbook.Running;
using IResNet.Workbook;
using SkiaSharp;
using Xunit;

namespace IResNet.Tests.Programs.Workbook.Formatting;

/// <summary>Charts and tensors as cells show them.</summary>
public sealed class NotebookChartTests : EngineTest
{
    private const string Plotly = "application/vnd.plotly.v1+json",
        Png = "image/png",
        Text = "text/plain";

    public NotebookChartTests() => Engine = NotebookHost.CreateEngine(Directory.GetCurrentDirectory());

    [Fact]
    public async Task AChartIsAPlotlyFigureAndAPicture()
    {
        await Value(
            """
            using IResNet.Notebooks;
            using TorchSharp;
            var y = new[] { 3.0, 2, 1 };
            var next = y.Select(v => v + 1).ToArray();
            Charts.Lines(("train", [0, 1, 2], y), ("test", torch.arange(3), next)).WithY("loss", log: true)
            """
        );
        var shown = Sink.Results[0];
        Assert.Equal([Plotly, Png, Text], shown.Keys.Order());
        Assert.Equal(2, ((JsonNode)shown[Plotly])["data"]!.AsArray().Count);
        Assert.Equal((720, 400), SizeOf(shown));
    }

    [Fact]
    public async Task OneOfAChartsFormsCanBeAskedFor()
    {
        await Value("IResNet.Notebooks.Charts.Lines([0, 1], [2, 3]).Display(\"image/png\");");
        Assert.Equal([Png, Text], Sink.Displays[0].Data.Keys.Order());
        Assert.Equal("chart", Sink.Displays[0].Data[Text]);
    }

    [Fact]
    public void ABrowserDrawsThePictureOfAPlotlyFigure()
    {
        using var folder = new NotebookFolder();
        string browser = folder.File("browser");
        // Prints what Chromium does, the page after its scripts, here with the page's name for a picture.
        File.WriteAllText(
            browser,
            "#!/bin/sh\nfor page; do :; done\n"
                + "printf '<body>data:image/png;base64,%s</body>' \"$(printf %s \"$page\" | base64 -w 0)\"\n"
        );
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(browser, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        string page = Encoding.UTF8.GetString(new HeadlessBrowser(browser).Draw(new JsonObject()));
        Assert.EndsWith("/page.html", page, StringComparison.Ordinal);
        Assert.False(File.Exists(new Uri(page).LocalPath), "The page stays behind.");
    }

    [Theory]
    [InlineData("/bin/true", "drew no picture")]
    [InlineData("/no/such/browser", "No such file")]
    public void ABrowserThatFailsCostsThePictureAndNotTheCell(string browser, string why)
    {
        using var note = SKBitmap.Decode(new HeadlessBrowser(browser).Draw(new JsonObject()));
        Assert.Equal((720, 400), (note.Width, note.Height));
        Assert.True(note.Pixels.Distinct().Count() > 1, $"The picture does not say that the browser {why}.");
    }

    [Fact]
    public async Task ImagesAreAPicture()
    {
        await Value(
            """
            using IResNet.Notebooks;
            using TorchSharp;
            var x = torch.rand(4, 3, 8, 8);
            Charts.Images(("original", x), ("reconstruction", x)).Display();
            """
        );
        Assert.Equal([Png, Text], Sink.Displays[0].Data.Keys.Order());
    }

    [Fact]
    public async Task ALiveChartIsOneDisplayAndCompleteWhenTheCellEnds()
    {
        await Value(
            """
            using IResNet.Notebooks;
            var live = Charts.Live("loss");
            for (int step = 0; step < 1000; step++) live.Add(step, 1.0 / (step + 1));
            """
        );
        var display = Assert.Single(Sink.Displays);
        Assert.InRange(Sink.Updates.Count, 1, 3);
        Assert.Equal(display.Id, Sink.Updates[^1].Id);
        Assert.Equal(1000, ((JsonNode)Sink.Updates[^1].Data[Plotly])["data"]![0]!["x"]!.AsArray().Count);
    }

    [Fact]
    public async Task ALiveChartIsCompleteWhenTheCellFails()
    {
        await Error(
            """
            using IResNet.Notebooks;
            var live = Charts.Live();
            live.Add(0, ("loss", 1.0));
            live.Add(1, ("loss", double.NaN), ("accuracy", 0.5));
            throw new Exception("the training diverged");
            """
        );
        Assert.Equal(["display", "update", "error:Exception"], Sink.Events);
    }

    [Fact]
    public async Task ChartsOfTheLibrariesThemselvesAreShown()
    {
        await Value("Plotly.NET.CSharp.Chart.Line<double, double, string>(new[] { 1.0, 2 }, new[] { 3.0, 4 })");
        await Value("var plot = new ScottPlot.Plot(); plot.Add.Scatter(new[] { 1.0, 2 }, new[] { 3.0, 4 }); plot");
        string[] forms = HeadlessBrowser.Find() is null ? [Plotly, Text] : [Plotly, Png, Text];
        Assert.Equal(forms, Sink.Results[0].Keys.Order());
        Assert.Equal("scatter", ((JsonNode)Sink.Results[0][Plotly])["data"]![0]!["type"]!.GetValue<string>());
        Assert.Equal([Png, Text], Sink.Results[1].Keys.Order());
        Assert.Equal((720, 400), SizeOf(Sink.Results[1]));
    }

    [Fact]
    public async Task TensorsAndModulesAreShownAsText()
    {
        await Value("using TorchSharp; torch.ones(2)");
        await Value("torch.nn.Linear(2, 3)");
        await Value("torch.ones(2).shape");
        Assert.All(Sink.Results, result => Assert.Equal([Text], result.Keys));
        Assert.Equal("float32 [2] on cpu\nmin 1, mean 1, max 1\n[1, 1]", Sink.Results[0][Text]);
        Assert.StartsWith("Linear: 9 parameters", (string)Sink.Results[1][Text]);
        Assert.Equal("[2]", Sink.Results[2][Text]);
    }

    private static (int Width, int Height) SizeOf(IReadOnlyDictionary<string, object> shown)
    {
        using var png = SKBitmap.Decode(Convert.FromBase64String((string)shown[Png]));
        return (png.Width, png.Height);
    }
}
