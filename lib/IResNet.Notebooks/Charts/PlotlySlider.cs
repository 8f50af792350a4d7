using System.Text.Json.Nodes;
using static IResNet.Notebooks.PlotlyValue;

namespace IResNet.Notebooks;

/// <summary>
/// A Plotly figure with a slider that shows the traces of one step at a time. All traces are there, and the slider
/// makes some of them visible: frontends differ in whether they read Plotly's animation frames, but all of them can do
/// that.
/// </summary>
internal static class PlotlySlider
{
    private const int Height = 60;

    /// <summary>Refuses what cannot be shown.</summary>
    /// <exception cref="ArgumentException">There is no step, or <paramref name="shown"/> is none of them.</exception>
    public static void Demand(int steps, int shown)
    {
        if (steps == 0)
            throw new ArgumentException("A slider needs at least one step.", nameof(steps));
        if (shown < 0 || shown >= steps)
            throw new ArgumentOutOfRangeException(nameof(shown), shown, $"There are {steps} steps, numbered from 0.");
    }

    /// <summary>The figure.</summary>
    /// <param name="layout">The layout of one step, which is given room for the slider.</param>
    /// <param name="label">What the slider moves along.</param>
    /// <param name="shown">The step that is shown first, from 0.</param>
    /// <param name="steps">What stands beside the slider, and the traces.</param>
    public static JsonObject Of(JsonObject layout, string label, int shown, List<(string Step, List<JsonObject>)> steps)
    {
        var traces = new JsonArray();
        var owners = new List<int>();
        foreach (var (i, (_, ofStep)) in steps.Index())
        {
            foreach (var trace in ofStep)
            {
                trace["visible"] = i == shown;
                traces.Add(trace);
                owners.Add(i);
            }
        }
        layout["margin"]!["b"] = (int)layout["margin"]!["b"]! + Height;
        layout["height"] = (int)layout["height"]! + Height;
        layout["sliders"] = new JsonArray(
            new JsonObject
            {
                ["active"] = shown,
                ["currentvalue"] = new JsonObject { ["prefix"] = Text(label) + " " },
                ["pad"] = new JsonObject { ["t"] = 45 },
                ["steps"] = new JsonArray([
                    .. steps.Select(
                        (step, i) =>
                            new JsonObject
                            {
                                ["label"] = Text(step.Step),
                                ["method"] = "restyle",
                                ["args"] = new JsonArray(
                                    "visible",
                                    new JsonArray([.. owners.Select(owner => JsonValue.Create(owner == i))])
                                ),
                            }
                    ),
                ]),
            }
        );
        return new JsonObject { ["data"] = traces, ["layout"] = layout };
    }
}
