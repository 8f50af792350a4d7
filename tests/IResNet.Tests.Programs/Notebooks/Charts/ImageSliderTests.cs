using System.Text.Json.Nodes;
using IResNet.Notebooks;
using SkiaSharp;
using Xunit;
using static TorchSharp.torch;

namespace IResNet.Tests.Programs.Notebooks;

public class ImageSliderTests
{
    private static ImageGrid Grey(double value, int count = 2)
    {
        using var images = full(count, 1, 4, 4, value, device: CPU);
        return Charts.Images(("", images));
    }

    [Fact]
    public void EachStepShowsItsPictureAlone()
    {
        var slider = Charts.ImageSlider("position", 1, ("0", Grey(0)), ("1/2", Grey(0.5)), ("1", Grey(1)));
        var json = JsonNode.Parse(slider.ToPlotlyJson())!;
        var traces = json["data"]!.AsArray();
        Assert.Equal([false, true, false], traces.Select(trace => trace!["visible"]!.GetValue<bool>()));
        var steps = json["layout"]!["sliders"]![0]!["steps"]!.AsArray();
        Assert.Equal(["0", "1/2", "1"], steps.Select(step => step!["label"]!.GetValue<string>()));
        Assert.Equal([false, false, true], steps[2]!["args"]![1]!.AsArray().Select(value => value!.GetValue<bool>()));

        var pictures = traces.Select(trace => Picture(trace!["source"]!.GetValue<string>())).ToList();
        Assert.Equal(new[] { 0, 128, 255 }, pictures.Select(picture => (int)picture.GetPixel(20, 20).Red));
        Assert.Equal(128, SKBitmap.Decode(slider.ToPng()).GetPixel(20, 20).Red);
        Assert.Equal(pictures[0].Width, json["layout"]!["width"]!.GetValue<int>());
        pictures.ForEach(picture => picture.Dispose());
    }

    [Fact]
    public void ImpossibleOnesAreRefused()
    {
        Assert.Throws<ArgumentException>(() => Charts.ImageSlider("position", 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Charts.ImageSlider("position", 1, ("0", Grey(0))));
        Assert.Contains(
            "Step 1 has",
            Assert
                .Throws<ArgumentException>(() => Charts.ImageSlider("position", 0, ("0", Grey(0)), ("1", Grey(0, 20))))
                .Message
        );
    }

    private static SKBitmap Picture(string source) => SKBitmap.Decode(Convert.FromBase64String(source.Split(',')[1]));
}
