using System.Text.Json.Nodes;
using IResNet.Notebooks;
using SkiaSharp;
using TorchSharp;
using Xunit;

namespace IResNet.Tests.Programs.Notebooks;

public class FigureTests
{
    private static readonly double[] Steps = [0, 1, 2, 3];

    [Fact]
    public void BothDrawingsHaveTheSizeAndTheColorsOfThePalette()
    {
        var figure = Charts.Lines(("a", Steps, [1, 2, 3, 4]), ("b", Steps, [4, 3, 2, 1])).WithSize(500, 300);

        using var png = SKBitmap.Decode(figure.ToPng());
        var json = Json(figure);

        Assert.Equal((500, 300), (png.Width, png.Height));
        Assert.Equal(
            (500, 300),
            (json["layout"]!["width"]!.GetValue<int>(), json["layout"]!["height"]!.GetValue<int>())
        );
        Assert.Equal(
            ["#0072B2", "#D55E00"],
            json["data"]!.AsArray().Select(trace => trace!["line"]!["color"]!.GetValue<string>())
        );
        Assert.True(Contains(png, SKColor.Parse("#0072B2")) && Contains(png, SKColor.Parse("#D55E00")));
        Assert.False(Contains(png, SKColor.Parse("#009E73")));
    }

    [Fact]
    public void PlotlyGetsTitlesRangesAndNoTemplate()
    {
        var figure = Charts
            .Lines(("loss", Steps, [1, 10, 100, 1000]))
            .WithTitle("a < b & c")
            .WithX("step")
            .WithY("loss", log: true, min: 0.1);
        var layout = Json(figure)["layout"]!;

        Assert.Equal("a &lt; b &amp; c", layout["title"]!["text"]!.GetValue<string>());
        Assert.Equal("step", layout["xaxis"]!["title"]!["text"]!.GetValue<string>());
        Assert.Equal("log", layout["yaxis"]!["type"]!.GetValue<string>());
        Assert.Equal(-1, layout["yaxis"]!["range"]![0]!.GetValue<double>());
        Assert.Null(layout["template"]);
        Assert.InRange(figure.ToPlotlyJson().Length, 100, 1500);
    }

    [Fact]
    public void WhatCannotBeDrawnIsAGap()
    {
        var linear = Charts.Lines(Steps, [1, double.NaN, double.PositiveInfinity, 4]);
        var logarithmic = Charts.Lines(Steps, [1, 0, -1, 4]).WithY("", log: true);
        foreach (var figure in new[] { linear, logarithmic })
        {
            var y = Json(figure)["data"]![0]!["y"]!.AsArray();
            Assert.Equal([false, true, true, false], y.Select(value => value is null));
            Assert.NotEmpty(figure.ToPng());
        }
    }

    [Fact]
    public void APointBetweenTwoGapsIsSeen()
    {
        var lone = Charts.Lines(Steps, [double.NaN, 2, double.NaN, double.NaN]);
        var dots = Json(lone)["data"]!.AsArray().Single(trace => trace!["mode"]!.GetValue<string>() == "markers");
        Assert.Equal(2, dots!["y"]![0]!.GetValue<double>());

        using var png = SKBitmap.Decode(lone.ToPng());
        Assert.True(Contains(png, SKColor.Parse("#0072B2")));
    }

    /// <summary>Theory beside measurement: the same colours in the same order, and only the theory is dashed.</summary>
    [Fact]
    public void DashedLinesHaveTheColorsOfTheSolidOnes()
    {
        var figure = Charts
            .Lines(("a", Steps, [1, 2, 3, 4]), ("b", Steps, [4, 3, 2, 1]))
            .And(Charts.Dashed(("theory of a", Steps, [2, 3, 4, 5]), ("theory of b", Steps, [5, 4, 3, 2])));
        var lines = Json(figure)["data"]!.AsArray().Select(trace => trace!["line"]!).ToList();
        Assert.Equal(
            ["#0072B2", "#D55E00", "#0072B2", "#D55E00"],
            lines.Select(line => line["color"]!.GetValue<string>())
        );
        Assert.Equal([null, null, "dash", "dash"], lines.Select(line => line["dash"]?.GetValue<string>()));

        using var dashed = SKBitmap.Decode(Charts.Dashed(("", [0, 1], [0, 0])).ToPng());
        using var solid = SKBitmap.Decode(Charts.Lines(("", [0, 1], [0, 0])).ToPng());
        int Blue(SKBitmap png) => png.Pixels.Count(pixel => pixel == SKColor.Parse("#0072B2"));
        Assert.InRange(Blue(dashed), Blue(solid) / 4, 3 * Blue(solid) / 4);
    }

    [Fact]
    public void ABandIsOnePolygonForEachRun()
    {
        var figure = Charts.Bands(("a", [0, 1, 2, 3, 4], [1, 1, double.NaN, 1, 1], [0.5, 0.5, 0.5, 0.5, 0.5]));
        var band = Json(figure)["data"]![0]!;
        Assert.Equal("toself", band["fill"]!.GetValue<string>());
        Assert.Equal(
            [1.5, 1.5, 0.5, 0.5, null, 1.5, 1.5, 0.5, 0.5],
            band["y"]!.AsArray().Select(y => y?.GetValue<double>())
        );
        Assert.NotEmpty(figure.ToPng());
    }

    [Fact]
    public void AChartWithoutDataSaysSo()
    {
        using var none = torch.zeros(0, 2);
        using var notANumber = torch.full(3, 4, double.NaN);
        Figure[] empty =
        [
            Charts.Lines(),
            Charts.Lines([], []),
            Charts.Points([1.0], [double.NaN]),
            Charts.Histogram(new double[] { double.NaN }),
            Charts.Density(none),
            Charts.HeatMap(notANumber),
        ];
        foreach (var figure in empty)
        {
            Assert.Equal("no data", Json(figure)["layout"]!["annotations"]![0]!["text"]!.GetValue<string>());
            Assert.NotEmpty(figure.ToPng());
        }
        Assert.Null(Json(Charts.Lines([1.0], [1.0]))["layout"]!["annotations"]);
    }

    [Theory]
    [InlineData(double.MaxValue, -double.MaxValue)]
    [InlineData(1e99, -1e99)]
    [InlineData(double.Epsilon, 0)]
    [InlineData(1, 1 + 1e-15)]
    [InlineData(1e9, 1e9 + 1)]
    [InlineData(-3, -3)]
    public void ExtremeValuesAreDrawn(double first, double second)
    {
        foreach (bool log in new[] { false, true })
        {
            var figure = Charts.Lines([0, 1], [first, second]).WithY("y", log).And(Charts.Level("level", first));
            Assert.NotEmpty(figure.ToPng());
            Assert.NotEmpty(figure.ToPlotlyJson());
        }
    }

    [Fact]
    public void FlatAndExtremeDistributionsAreDrawn()
    {
        using var zero = torch.zeros(3, 3);
        using var one = torch.ones(1, 1);
        using var points = torch.tensor(
            new[,]
            {
                { 1.0, 1.0 },
                { 1.0, double.MaxValue },
                { double.NaN, 0 },
            }
        );
        Figure[] figures =
        [
            Charts.HeatMap(zero),
            Charts.HeatMap(one),
            Charts.Density(points),
            Charts.Histogram(new[] { double.MaxValue, -double.MaxValue, 1 }),
            Charts.Histogram(new[] { 1, 1 + double.Epsilon }),
        ];
        Assert.All(figures, figure => Assert.NotEmpty(figure.ToPng()));
        Assert.All(figures, figure => Assert.Null(Json(figure)["layout"]!["annotations"]));
    }

    [Fact]
    public void AHeatMapKeepsRowZeroAtTheBottom()
    {
        using var matrix = torch.tensor(
            new[,]
            {
                { 0, 0 },
                { 1, double.PositiveInfinity },
            }
        );
        var figure = Charts.HeatMap(matrix, x: (-1, 1), y: (0, 4));

        var trace = Json(figure)["data"]![0]!;
        Assert.Equal([-0.5, 1, 1, 2], new[] { "x0", "dx", "y0", "dy" }.Select(key => trace[key]!.GetValue<double>()));
        Assert.Equal(
            [0.0, 0, 1, null],
            trace["z"]!.AsArray().SelectMany(row => row!.AsArray()).Select(z => z?.GetValue<double>())
        );

        using var png = SKBitmap.Decode(figure.ToPng());
        SKColor bottom = png.GetPixel(200, 340),
            top = png.GetPixel(200, 60);
        Assert.Equal(SKColors.White, png.GetPixel(500, 60));
        Assert.True(
            bottom.Blue > bottom.Green && top.Green > top.Blue,
            $"bottom {bottom}, top {top}: viridis runs from violet to yellow"
        );
    }

    [Fact]
    public void SingularValuesStandOverTheirLayersWithTheBound()
    {
        var figure = Charts.SingularValues(0.9, ("ours", [0.8, 0.9]), ("plain", [2.0, 3.0, 4.0]));
        var traces = Json(figure)["data"]!.AsArray();
        Assert.Equal(["ours", "plain", "bound 0.9"], traces.Select(trace => trace!["name"]!.GetValue<string>()));
        Assert.Equal([1, 2, 3], traces[1]!["x"]!.AsArray().Select(x => x!.GetValue<double>()));
        Assert.Equal(0.9, traces[2]!["y"]![0]!.GetValue<double>());
    }

    [Fact]
    public void LaterMarksTakeTheNextColors()
    {
        var figure = Charts.Lines(Steps, Steps).And(Charts.Points(Steps, Steps));
        Assert.Equal("#D55E00", Json(figure)["data"]![1]!["marker"]!["color"]!.GetValue<string>());
    }

    [Fact]
    public void DifferentCountsAreRefusedWithBoth()
    {
        var error = Assert.Throws<ArgumentException>(() => Charts.Lines(("train", Steps, [1, 2])));
        Assert.Equal("Series \"train\": x has 4 values and y has 2; they must be as many.", error.Message);
        Assert.Contains(
            "the spread has 1",
            Assert.Throws<ArgumentException>(() => Charts.Bands(("a", Steps, Steps, [1.0]))).Message
        );
    }

    [Fact]
    public void WrongShapesRangesAndSizesAreRefused()
    {
        using var cube = torch.zeros(2, 2, 2);
        Assert.Contains("[2, 2, 2]", Assert.Throws<ArgumentException>(() => Charts.HeatMap(cube)).Message);
        Assert.Contains("[2, 2, 2]", Assert.Throws<ArgumentException>(() => Charts.Density(cube)).Message);
        Assert.Throws<ArgumentException>(() => Charts.Lines().WithX("", min: 1, max: 1));
        Assert.Throws<ArgumentException>(() => Charts.Lines().WithX("", log: true, min: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Charts.Lines().WithSize(10, 400));
        Assert.Throws<ArgumentOutOfRangeException>(() => Charts.Histogram(new double[] { 1 }, bins: 0));
    }

    [Fact]
    public void AHeatMapRefusesALogarithmicAxis()
    {
        using var matrix = torch.zeros(2, 2);
        var map = Charts.HeatMap(matrix);
        Assert.Throws<ArgumentException>(() => map.WithX("", log: true));
        Assert.Throws<ArgumentException>(() => Charts.Lines().WithY("", log: true).And(map));
    }

    private static JsonNode Json(Figure figure) => JsonNode.Parse(figure.ToPlotlyJson())!;

    private static bool Contains(SKBitmap picture, SKColor color) => picture.Pixels.Contains(color);
}
