using System.Text.Json.Nodes;
using static IResNet.Notebooks.PlotlyValue;

namespace IResNet.Notebooks;

/// <summary>
/// Draws a <see cref="Figure"/> as a Plotly figure: traces, layout, and nothing that says no more than Plotly's own
/// defaults.
/// </summary>
internal static class PlotlyJson
{
    public static JsonObject Of(Figure figure)
    {
        var frame = Frame.Of(figure);
        return new JsonObject
        {
            ["data"] = new JsonArray([.. Traces(figure, frame)]),
            ["layout"] = PlotlyLayout.Of(figure, frame),
        };
    }

    /// <summary>What the figure draws, within a frame that may be larger than its own.</summary>
    public static List<JsonObject> Traces(Figure figure, Frame frame) =>
        [
            .. figure
                .Marks.Zip(Palette.Of(figure.Marks))
                .SelectMany(pair => TracesOf(pair.First, figure, frame, pair.Second)),
        ];

    private static List<JsonObject> TracesOf(Mark mark, Figure figure, Frame frame, string color) =>
        mark switch
        {
            Curve curve => TracesOf(curve, figure, color),
            Steps steps => [TraceOf(steps, figure, frame, color)],
            HeatMap map => [TraceOf(map)],
            Level level => [TraceOf(level, figure, frame, color)],
            _ => throw new NotSupportedException($"{mark.GetType().Name} has no Plotly trace."),
        };

    private static List<JsonObject> TracesOf(Curve curve, Figure figure, string color)
    {
        string mode = curve.Style switch
        {
            CurveStyle.Points => "markers",
            CurveStyle.Line | CurveStyle.Points => "lines+markers",
            _ => "lines",
        };
        var line = Scatter(curve.Name, mode);
        line["x"] = Numbers(curve.X.Select(x => double.IsNaN(figure.X.Place(x)) ? double.NaN : x));
        line["y"] = Numbers(curve.Y.Select(y => double.IsNaN(figure.Y.Place(y)) ? double.NaN : y));
        if (curve.Style.HasFlag(CurveStyle.Line))
            line["line"] = new JsonObject { ["color"] = color, ["width"] = 2 };
        if (curve.IsDashed)
            line["line"]!["dash"] = "dash";
        if (curve.Style.HasFlag(CurveStyle.Points))
            line["marker"] = new JsonObject { ["color"] = color, ["size"] = 6 };

        var traces = new List<JsonObject> { line };
        if (Geometry.Bands(curve, figure.X, figure.Y) is { Count: > 0 } bands)
            traces.Insert(0, Band(bands, figure, color));
        if (!curve.Style.HasFlag(CurveStyle.Points) && Lone(curve, figure) is { Count: > 0 } lone)
            traces.Add(Dots(lone, figure, color));
        // One legend entry hides and shows them together.
        if (traces.Count > 1)
            traces.ForEach(trace => trace["legendgroup"] = color);
        return traces;
    }

    private static JsonObject Band(List<List<(double X, double Y)>> outlines, Figure figure, string color)
    {
        var band = Filled("", outlines, figure, color, 0.2);
        band["hoverinfo"] = "skip";
        return band;
    }

    /// <summary>Points between two gaps: a line would not show them.</summary>
    private static List<(double X, double Y)> Lone(Curve curve, Figure figure) =>
        [.. Geometry.Runs(curve, figure.X, figure.Y).Where(run => run.Count == 1).Select(run => run[0])];

    private static JsonObject Dots(List<(double X, double Y)> places, Figure figure, string color)
    {
        var dots = Scatter("", "markers");
        dots["x"] = Numbers(places.Select(place => figure.X.ValueAt(place.X)));
        dots["y"] = Numbers(places.Select(place => figure.Y.ValueAt(place.Y)));
        dots["marker"] = new JsonObject { ["color"] = color, ["size"] = 5 };
        return dots;
    }

    private static JsonObject TraceOf(Steps steps, Figure figure, Frame frame, string color)
    {
        var trace = Filled(steps.Name, [Geometry.Outline(steps, figure.X, figure.Y, frame.Y.Min)], figure, color, 0.4);
        trace["line"] = new JsonObject { ["color"] = color, ["width"] = 1 };
        return trace;
    }

    private static JsonObject TraceOf(HeatMap map)
    {
        int rows = map.Cells.GetLength(0),
            columns = map.Cells.GetLength(1);
        double dx = (map.X.Max - map.X.Min) / columns,
            dy = (map.Y.Max - map.Y.Min) / rows;
        return new JsonObject
        {
            ["type"] = "heatmap",
            ["z"] = new JsonArray([
                .. Enumerable
                    .Range(0, rows)
                    .Select(row =>
                        (JsonNode)Numbers(Enumerable.Range(0, columns).Select(column => map.Cells[row, column]), Shade)
                    ),
            ]),
            ["x0"] = Number(map.X.Min + dx / 2),
            ["dx"] = Number(dx),
            ["y0"] = Number(map.Y.Min + dy / 2),
            ["dy"] = Number(dy),
            ["colorscale"] = "Viridis",
            ["colorbar"] = new JsonObject
            {
                ["title"] = new JsonObject { ["text"] = Text(map.Name), ["side"] = "right" },
            },
        };
    }

    private static JsonObject TraceOf(Level level, Figure figure, Frame frame, string color)
    {
        var trace = Scatter(level.Name, "lines");
        trace["x"] = Numbers([figure.X.ValueAt(frame.X.Min), figure.X.ValueAt(frame.X.Max)]);
        trace["y"] = Numbers([level.Y, level.Y]);
        trace["line"] = new JsonObject
        {
            ["color"] = color,
            ["width"] = 1.5,
            ["dash"] = "dash",
        };
        return trace;
    }

    private static JsonObject Scatter(string name, string mode) =>
        new()
        {
            ["type"] = "scatter",
            ["name"] = Text(name),
            ["mode"] = mode,
            ["showlegend"] = name.Length > 0,
        };

    /// <summary>Closed polygons in one trace, a gap between each two.</summary>
    private static JsonObject Filled(
        string name,
        List<List<(double X, double Y)>> polygons,
        Figure figure,
        string color,
        double opacity
    )
    {
        var points = new List<(double X, double Y)>();
        foreach (var polygon in polygons)
        {
            if (points.Count > 0)
                points.Add((double.NaN, double.NaN));
            points.AddRange(polygon);
        }
        var trace = Scatter(name, "lines");
        trace["x"] = Numbers(points.Select(point => figure.X.ValueAt(point.X)));
        trace["y"] = Numbers(points.Select(point => figure.Y.ValueAt(point.Y)));
        trace["fill"] = "toself";
        trace["fillcolor"] = Transparent(color, opacity);
        trace["line"] = new JsonObject { ["width"] = 0 };
        return trace;
    }
}
