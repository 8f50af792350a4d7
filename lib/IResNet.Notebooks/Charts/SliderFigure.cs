using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace IResNet.Notebooks;

/// <summary>
/// Several charts of which a slider shows one at a time, on common axes: a process, one chart per step.
/// Interactive in Plotly's frontends; as PNG, one of the charts. Made by <see cref="Charts.Slider"/>.
/// </summary>
public sealed record SliderFigure
{
    private readonly ImmutableArray<(string Step, Figure Figure)> _steps;
    private readonly string _label;
    private readonly int _shown;

    internal SliderFigure(string label, int shown, ReadOnlySpan<(string Step, Figure Figure)> steps)
    {
        PlotlySlider.Demand(steps.Length, shown);
        (_label, _shown, _steps) = (label, shown, [.. steps]);
    }

    /// <summary>The charts as one Plotly figure with a slider, <c>application/vnd.plotly.v1+json</c>.</summary>
    public string ToPlotlyJson() => Plotly().ToJsonString();

    /// <summary>The chart that is shown first, as PNG.</summary>
    public byte[] ToPng()
    {
        var (shown, frame) = (_steps[_shown].Figure, Frame.Of(Together));
        return PngChart.Draw(
            shown
                .WithX(shown.X.Title, shown.X.Log, shown.X.ValueAt(frame.X.Min), shown.X.ValueAt(frame.X.Max))
                .WithY(shown.Y.Title, shown.Y.Log, shown.Y.ValueAt(frame.Y.Min), shown.Y.ValueAt(frame.Y.Max))
        );
    }

    /// <summary>One line that says what the charts show, for readers without pictures.</summary>
    public override string ToString() =>
        $"{_steps.Length} charts, by {_label}; the one of {_steps[_shown].Step} is shown: {_steps[_shown].Figure}";

    internal JsonObject Plotly()
    {
        var frame = Frame.Of(Together);
        var layout = PlotlyLayout.Of(Together, frame);
        return PlotlySlider.Of(
            layout,
            _label,
            _shown,
            [.. _steps.Select(step => (step.Step, PlotlyJson.Traces(step.Figure, frame)))]
        );
    }

    /// <summary>The chart that is shown first, with the marks of all: its ranges hold them all.</summary>
    private Figure Together =>
        _steps.Where((_, i) => i != _shown).Aggregate(_steps[_shown].Figure, (all, step) => all.And(step.Figure));
}
