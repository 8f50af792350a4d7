using System.Text.Json.Nodes;
using static IResNet.Notebooks.PlotlyValue;

namespace IResNet.Notebooks;

/// <summary>The layout of a Plotly figure: size, title, axes and colours.</summary>
internal static class PlotlyLayout
{
    public static JsonObject Of(Figure figure, Frame frame)
    {
        var layout = new JsonObject
        {
            ["width"] = figure.Width,
            ["height"] = figure.Height,
            ["margin"] = new JsonObject
            {
                ["l"] = 70,
                ["r"] = 20,
                ["t"] = figure.Title.Length > 0 ? 50 : 25,
                ["b"] = 60,
            },
            ["paper_bgcolor"] = Palette.Background,
            ["plot_bgcolor"] = Palette.Background,
            ["font"] = new JsonObject { ["color"] = Palette.Text },
            ["xaxis"] = AxisOf(figure.X, frame.X),
            ["yaxis"] = AxisOf(figure.Y, frame.Y),
        };
        if (figure.Title.Length > 0)
            layout["title"] = new JsonObject { ["text"] = Text(figure.Title), ["x"] = 0.5 };
        if (figure.EqualScale)
        {
            layout["xaxis"]!["constrain"] = "domain";
            layout["yaxis"]!["constrain"] = "domain";
            layout["yaxis"]!["scaleanchor"] = "x";
        }
        if (frame.IsEmpty)
        {
            layout["annotations"] = new JsonArray(
                new JsonObject
                {
                    ["text"] = Charts.NoData,
                    ["showarrow"] = false,
                    ["xref"] = "paper",
                    ["yref"] = "paper",
                    ["x"] = 0.5,
                    ["y"] = 0.5,
                    ["font"] = new JsonObject { ["size"] = 18 },
                }
            );
        }
        return layout;
    }

    private static JsonObject AxisOf(Axis axis, (double Min, double Max) range)
    {
        var json = new JsonObject
        {
            ["title"] = new JsonObject { ["text"] = Text(axis.Title), ["standoff"] = 10 },
            ["range"] = Numbers([range.Min, range.Max]),
            ["gridcolor"] = Palette.Grid,
            ["linecolor"] = Palette.Text,
            ["mirror"] = true,
            ["ticks"] = "outside",
            ["zeroline"] = false,
            ["exponentformat"] = "power",
            ["minexponent"] = 5,
        };
        if (!axis.Log)
            return json;
        json["type"] = "log";
        json["dtick"] = TickLabels.DecadeStep(range.Min, range.Max) is { } decades ? decades : "D2";
        return json;
    }
}
