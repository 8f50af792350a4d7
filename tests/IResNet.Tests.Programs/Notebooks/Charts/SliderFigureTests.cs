using System.Text.Json.Nodes;
using IResNet.Notebooks;
using SkiaSharp;
using Xunit;

namespace IResNet.Tests.Programs.Notebooks;

public class SliderFigureTests
{
    private static SliderFigure Slider(int shown) =>
        Charts.Slider(
            "block",
            shown,
            ("0", Charts.Lines([0, 1], [0, 1]).WithTitle("start")),
            ("1", Charts.Lines(("a", [0, 1], [0, 10]), ("b", [0, 1], [-5, 0])).WithTitle("end"))
        );

    [Fact]
    public void EachStepShowsTheTracesOfItsChartAlone()
    {
        var json = JsonNode.Parse(Slider(shown: 1).ToPlotlyJson())!;
        Assert.Equal([false, true, true], json["data"]!.AsArray().Select(trace => trace!["visible"]!.GetValue<bool>()));
        var slider = json["layout"]!["sliders"]![0]!;
        Assert.Equal(1, slider["active"]!.GetValue<int>());
        bool[][] visible =
        [
            .. slider["steps"]!
                .AsArray()
                .Select(step => step!["args"]![1]!.AsArray().Select(value => value!.GetValue<bool>()).ToArray()),
        ];
        Assert.Equal([true, false, false], visible[0]);
        Assert.Equal([false, true, true], visible[1]);
        Assert.Equal(["0", "1"], slider["steps"]!.AsArray().Select(step => step!["label"]!.GetValue<string>()));
    }

    /// <summary>Otherwise the axes would jump from step to step, and what moves could not be seen.</summary>
    [Fact]
    public void AxesHoldAllCharts()
    {
        foreach (int shown in new[] { 0, 1 })
        {
            var layout = JsonNode.Parse(Slider(shown).ToPlotlyJson())!["layout"]!;
            Assert.InRange(layout["yaxis"]!["range"]![0]!.GetValue<double>(), -6, -5);
            Assert.InRange(layout["yaxis"]!["range"]![1]!.GetValue<double>(), 10, 11);
            Assert.Equal(shown == 0 ? "start" : "end", layout["title"]!["text"]!.GetValue<string>());
        }
    }

    [Fact]
    public void ThePictureIsOfTheChartThatIsShown()
    {
        using var first = SKBitmap.Decode(Slider(0).ToPng());
        using var second = SKBitmap.Decode(Slider(1).ToPng());
        Assert.Equal((720, 400), (first.Width, first.Height));
        // The second colour of the palette belongs to the line b.
        Assert.False(Contains(first, "#D55E00"));
        Assert.True(Contains(second, "#D55E00"));
    }

    [Fact]
    public void ImpossibleOnesAreRefused()
    {
        Assert.Throws<ArgumentException>(() => Charts.Slider("block", 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Slider(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => Slider(-1));
    }

    private static bool Contains(SKBitmap picture, string color) => picture.Pixels.Contains(SKColor.Parse(color));
}
