using System.Collections.Immutable;
using System.Text.Json.Nodes;
using static IResNet.Notebooks.PlotlyValue;

namespace IResNet.Notebooks;

/// <summary>
/// Several charts of which a slider shows one at a time, on common axes: a process, one chart a step of it. Interactive
/// in Plotly's frontends; as PNG, one of the charts. Made by <see cref="Charts.Slider"/>.
/// </summary>
public sealed record SliderFigure
{
    private readonly ImmutableArray<(string Step, Figure Figure)> _steps;
    private readonly string _label;
    private readonly int _shown;

    internal SliderFigure(string label, int shown, ReadOnlySpan<(string Step, Figure Figure)> steps)
    {
        if (steps.Length == 0)
            throw new ArgumentException("A slider needs at least one chart.", nameof(steps));
        if (shown < 0 || shown >= steps.Length)
            throw new ArgumentOutOfRangeException(
                nameof(shown),
                shown,
                $"There are {steps.Length} charts, numbered from 0."
            );
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

    /// <summary>
    /// All traces of all charts; the slider makes those of one chart visible. Frontends differ in whether they read
    /// Plotly's animation frames, but all of them can do that.
    /// </summary>
    internal JsonObject Plotly()
    {
        var frame = Frame.Of(Together);
        List<List<JsonObject>> charts = [.. _steps.Select(step => PlotlyJson.Traces(step.Figure, frame))];
        for (int i = 0; i < charts.Count; i++)
            foreach (var trace in charts[i])
                trace["visible"] = i == _shown;

        var layout = PlotlyLayout.Of(Together, frame);
        layout["margin"]!["b"] = 120;
        layout["height"] = Together.Height + 60;
        layout["sliders"] = new JsonArray(
            new JsonObject
            {
                ["active"] = _shown,
                ["currentvalue"] = new JsonObject { ["prefix"] = Text(_label) + " " },
                ["pad"] = new JsonObject { ["t"] = 45 },
                ["steps"] = new JsonArray([
                    .. _steps.Select(
                        (step, i) =>
                            new JsonObject
                            {
                                ["label"] = Text(step.Step),
                                ["method"] = "restyle",
                                ["args"] = new JsonArray(
                                    "visible",
                                    new JsonArray([
                                        .. charts.SelectMany((chart, j) => chart.Select(_ => JsonValue.Create(i == j))),
                                    ])
                                ),
                            }
                    ),
                ]),
            }
        );
        return new JsonObject { ["data"] = new JsonArray([.. charts.SelectMany(chart => chart)]), ["layout"] = layout };
    }

    /// <summary>The chart that is shown first, with the marks of all: its ranges hold them all.</summary>
    private Figure Together =>
        _steps.Where((_, i) => i != _shown).Aggregate(_steps[_shown].Figure, (all, step) => all.And(step.Figure));
}
