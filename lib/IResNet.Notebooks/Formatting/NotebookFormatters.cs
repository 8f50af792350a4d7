using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using ScottPlot;
using TorchSharp;

namespace IResNet.Notebooks;

/// <summary>How cells show charts, tensors and modules: told to whichever program runs the notebook.</summary>
public static class NotebookFormatters
{
    /// <summary>The MIME types of what is shown.</summary>
    public const string PlotlyType = "application/vnd.plotly.v1+json",
        PngType = "image/png",
        TextType = "text/plain";

    private const int PlotWidth = 720,
        PlotHeight = 400;

    /// <summary>All of them but <see cref="OfPlotly"/>.</summary>
    public static IReadOnlyList<Representations> All { get; } =
    [
        Chart<Figure>(PlotlyJson.Of, figure => figure.ToPng()),
        Chart<SliderFigure>(slider => slider.Plotly(), slider => slider.ToPng()),
        Chart<ImageSlider>(slider => slider.Plotly(), slider => slider.ToPng()),
        Chart<LiveFigure>(live => PlotlyJson.Of(live.Figure), live => live.Figure.ToPng()),
        Of<ImageGrid>(Png<ImageGrid>(grid => grid.ToPng()), Text<ImageGrid>(grid => grid.ToString())),
        Of<Plot>(
            Png<Plot>(plot => plot.GetImageBytes(PlotWidth, PlotHeight, ImageFormat.Png)),
            Text<Plot>(_ => "ScottPlot chart")
        ),
        Of<torch.Tensor>(Text<torch.Tensor>(TensorSummary.Of)),
        Of<torch.nn.Module>(Text<torch.nn.Module>(ModuleSummary.Of)),
    ];

    /// <summary>
    /// Charts that the reader makes with Plotly.NET. It draws in a browser only: where one is installed, it draws the
    /// picture for readers that run no scripts as well, in a second or two per chart.
    /// </summary>
    /// <param name="genericChart">
    /// Plotly.NET's type GenericChart, from whichever copy of that package the cells use.
    /// </param>
    public static Representations OfPlotly(Type genericChart)
    {
        var toFigureJson = genericChart.GetMethod("toFigureJson", [genericChart])!;
        JsonNode Json(object chart) => JsonNode.Parse((string)toFigureJson.Invoke(null, [chart])!)!;
        var plotly = Plotly<object>(Json);
        // Hosts ask for each form by itself, and some for the picture twice.
        var pictures = new ConditionalWeakTable<object, byte[]>();
        return new Representations(
            genericChart,
            HeadlessBrowser.Find() is { } browser
                ?
                [
                    plotly,
                    Png<object>(chart => pictures.GetValue(chart, _ => browser.Draw(Json(chart)))),
                    Text<object>(_ => "Plotly chart"),
                ]
                : [plotly, Text<object>(_ => $"Plotly chart: {HeadlessBrowser.Missing}")]
        );
    }

    private static Representations Chart<T>(Func<T, JsonNode> plotly, Func<T, byte[]> png)
        where T : notnull => Of<T>(Plotly(plotly), Png(png), Text<T>(chart => chart.ToString()!));

    private static Representations Of<T>(params (string MimeType, Func<object, object> Content)[] forms) =>
        new(typeof(T), forms);

    private static (string MimeType, Func<object, object> Content) Plotly<T>(Func<T, JsonNode> json) =>
        (PlotlyType, value => json((T)value));

    private static (string MimeType, Func<object, object> Content) Png<T>(Func<T, byte[]> png) =>
        (PngType, value => Convert.ToBase64String(png((T)value)));

    private static (string MimeType, Func<object, object> Content) Text<T>(Func<T, string> text) =>
        (TextType, value => text((T)value));
}
