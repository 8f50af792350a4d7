using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace IResNet.Notebooks;

/// <summary>
/// Several image grids of which a slider shows one at a time: an interpolation, say. Interactive in Plotly's frontends;
/// as PNG, one of the grids. Made by <see cref="Charts.ImageSlider"/>.
/// </summary>
public sealed class ImageSlider
{
    // Room below the picture for the slider's labels.
    private const int Margin = 65;

    private readonly ImmutableArray<(string Step, ImageGrid Images)> _steps;
    private readonly string _label;
    private readonly int _shown;

    internal ImageSlider(string label, int shown, ReadOnlySpan<(string Step, ImageGrid Images)> steps)
    {
        PlotlySlider.Demand(steps.Length, shown);
        var size = steps[shown].Images.Size;
        foreach (var (step, images) in steps)
            if (images.Size != size)
                throw new ArgumentException(
                    $"Step {step} has a picture of {images.Size.Width}x{images.Size.Height}, step {steps[shown].Step} "
                        + $"one of {size.Width}x{size.Height}: give all steps as many images of one size.",
                    nameof(steps)
                );
        (_label, _shown, _steps) = (label, shown, [.. steps]);
    }

    /// <summary>The grids as one Plotly figure with a slider, <c>application/vnd.plotly.v1+json</c>.</summary>
    public string ToPlotlyJson() => Plotly().ToJsonString();

    /// <summary>The grid that is shown first, as PNG.</summary>
    public byte[] ToPng() => _steps[_shown].Images.ToPng();

    /// <summary>One line that says what is shown, for readers without pictures.</summary>
    public override string ToString() =>
        $"{_steps.Length} pictures, by {_label}; the one of {_steps[_shown].Step} is shown: {_steps[_shown].Images}";

    internal JsonObject Plotly()
    {
        var (width, height) = _steps[_shown].Images.Size;
        var layout = new JsonObject
        {
            ["width"] = width,
            ["height"] = height + Margin,
            ["margin"] = new JsonObject
            {
                ["l"] = 0,
                ["r"] = 0,
                ["t"] = 0,
                ["b"] = Margin,
            },
            ["paper_bgcolor"] = Palette.Background,
            ["font"] = new JsonObject { ["color"] = Palette.Text },
            ["xaxis"] = new JsonObject { ["visible"] = false, ["range"] = new JsonArray(0, width) },
            ["yaxis"] = new JsonObject { ["visible"] = false, ["range"] = new JsonArray(height, 0) },
        };
        return PlotlySlider.Of(layout, _label, _shown, [.. _steps.Select(step => (step.Step, Traces(step.Images)))]);
    }

    private static List<JsonObject> Traces(ImageGrid images) =>
        [
            new()
            {
                ["type"] = "image",
                ["source"] = "data:image/png;base64," + Convert.ToBase64String(images.ToPng()),
                ["hoverinfo"] = "skip",
            },
        ];
}
