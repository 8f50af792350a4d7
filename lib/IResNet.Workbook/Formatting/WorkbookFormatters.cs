using System.Text.Json.Nodes;
using IResNet.Workbook.Charting;
using NotebookEngine.Cells;
using NotebookEngine.Formatting;
using Plotly.NET;
using ScottPlot;
using TorchSharp;
using Figure = IResNet.Workbook.Charting.Figure;

namespace IResNet.Workbook.Formatting;

/// <summary>
/// How cells show charts, tensors and modules. Never as HTML: readers that prefer it strip its scripts and show
/// nothing.
/// </summary>
internal static class WorkbookFormatters
{
    private const string PlotlyType = "application/vnd.plotly.v1+json",
        PngType = "image/png";
    private const int PlotWidth = 720,
        PlotHeight = 400;

    /// <summary>Makes them known to the engine; calling it again changes nothing.</summary>
    public static void Register()
    {
        ValueFormatter.Register<Figure>(figure => Chart(figure.ToPng(), figure.ToString(), PlotlyJson.Of(figure)));
        ValueFormatter.Register<SliderFigure>(slider => Chart(slider.ToPng(), slider.ToString(), slider.Plotly()));
        ValueFormatter.Register<LiveFigure>(live =>
            Chart(live.Figure.ToPng(), live.Figure.ToString(), PlotlyJson.Of(live.Figure))
        );
        ValueFormatter.Register<ImageGrid>(grid => Picture(grid.ToPng(), grid.ToString()));
        ValueFormatter.Register<Plot>(plot =>
            Picture(plot.GetImageBytes(PlotWidth, PlotHeight, ImageFormat.Png), "ScottPlot chart")
        );
        ValueFormatter.Register<GenericChart>(Show);
        ValueFormatter.Register<torch.Tensor>(tensor => Text(TensorSummary.Of(tensor)));
        ValueFormatter.Register<torch.nn.Module>(module => Text(ModuleSummary.Of(module)));
    }

    private static MimeBundle Chart(byte[] png, string text, JsonObject plotly)
    {
        var bundle = Picture(png, text);
        bundle[PlotlyType] = plotly;
        return bundle;
    }

    /// <summary>Plotly.NET draws in a browser only: there is no picture for readers without one.</summary>
    private static MimeBundle Show(GenericChart chart)
    {
        var bundle = Text("Plotly chart: interactive only; Charts.Lines(…) and its like draw a picture as well");
        bundle[PlotlyType] = JsonNode.Parse(GenericChart.toFigureJson(chart))!;
        return bundle;
    }

    private static MimeBundle Picture(byte[] png, string text)
    {
        var bundle = Text(text);
        bundle[PngType] = Convert.ToBase64String(png);
        return bundle;
    }

    private static MimeBundle Text(string text) => new() { [MimeBundle.PlainText] = text };
}
