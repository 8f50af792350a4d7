using System.Collections.Immutable;

namespace IResNet.Notebooks;

/// <summary>
/// A chart, described once and drawn twice: as a Plotly figure for frontends that are interactive and as PNG for the
/// others, with the same data, titles, colours and ranges. Made by <see cref="Charts"/>; immutable, so the
/// <c>With…</c> methods return a changed copy.
/// </summary>
public sealed record Figure
{
    internal Figure(params ReadOnlySpan<Mark> marks) => Marks = [.. marks];

    /// <summary>The title above the chart; empty for none.</summary>
    public string Title { get; private init; } = "";

    /// <summary>The horizontal axis.</summary>
    public Axis X { get; private init; } = new();

    /// <summary>The vertical axis.</summary>
    public Axis Y { get; private init; } = new();

    /// <summary>Width in pixels.</summary>
    public int Width { get; private init; } = 720;

    /// <summary>Height in pixels.</summary>
    public int Height { get; private init; } = 400;

    /// <summary>Whether one unit is equally long on both axes.</summary>
    public bool EqualScale { get; private init; }

    internal ImmutableArray<Mark> Marks { get; private init; }

    /// <summary>The same chart with a title.</summary>
    public Figure WithTitle(string title) => this with { Title = title };

    /// <summary>The same chart with another horizontal axis; see <see cref="Axis"/> for the parameters.</summary>
    /// <exception cref="ArgumentException">The range is empty, or not positive on a logarithmic axis; or a heat map
    /// would get one.</exception>
    public Figure WithX(string title, bool log = false, double? min = null, double? max = null) =>
        (this with { X = Checked(new Axis(title, log, min, max)) }).CheckHeatMap();

    /// <summary>The same chart with another vertical axis; see <see cref="Axis"/> for the parameters.</summary>
    /// <exception cref="ArgumentException">The range is empty, or not positive on a logarithmic axis; or a heat map
    /// would get one.</exception>
    public Figure WithY(string title, bool log = false, double? min = null, double? max = null) =>
        (this with { Y = Checked(new Axis(title, log, min, max)) }).CheckHeatMap();

    /// <summary>The same chart in another size.</summary>
    /// <param name="width">Pixels, 100 to 4000.</param>
    /// <param name="height">Pixels, 100 to 4000.</param>
    /// <exception cref="ArgumentOutOfRangeException">A side is outside of that range.</exception>
    public Figure WithSize(int width, int height) =>
        this with
        {
            Width = CheckedSide(width),
            Height = CheckedSide(height),
        };

    /// <summary>The same chart with one unit equally long on both axes, as points in the plane want it.</summary>
    public Figure WithEqualScale() => this with { EqualScale = true };

    /// <summary>This chart with what another one draws on top of it; titles, axes and size stay this one's.</summary>
    /// <exception cref="ArgumentException">The other has a heat map and this one a logarithmic axis.</exception>
    public Figure And(Figure other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return (this with { Marks = [.. Marks, .. other.Marks] }).CheckHeatMap();
    }

    /// <summary>The chart as a Plotly figure, <c>application/vnd.plotly.v1+json</c>.</summary>
    public string ToPlotlyJson() => PlotlyJson.Of(this).ToJsonString();

    /// <summary>The chart as PNG.</summary>
    public byte[] ToPng() => PngChart.Draw(this);

    /// <summary>One line that says what the chart shows, for readers without pictures.</summary>
    public override string ToString()
    {
        string names = string.Join(", ", Marks.Select(mark => mark.Name).Where(name => name.Length > 0));
        string axes = string.Join(" against ", new[] { Y.Title, X.Title }.Where(title => title.Length > 0));
        return string.Join(": ", new[] { "chart", Title, axes, names }.Where(part => part.Length > 0));
    }

    private static Axis Checked(Axis axis)
    {
        ArgumentNullException.ThrowIfNull(axis.Title, "title");
        if (
            axis.Min >= axis.Max
            || axis.Min is { } min && !double.IsFinite(min)
            || axis.Max is { } max && !double.IsFinite(max)
        )
            throw new ArgumentException(
                $"The axis range {axis.Min} to {axis.Max} is empty or not finite: give min < max."
            );
        if (axis.Log && (axis.Min <= 0 || axis.Max <= 0))
            throw new ArgumentException(
                $"The axis range {axis.Min} to {axis.Max} is not positive: a logarithmic axis needs min > 0."
            );
        return axis;
    }

    private static int CheckedSide(int pixels) =>
        pixels is >= 100 and <= 4000
            ? pixels
            : throw new ArgumentOutOfRangeException(nameof(pixels), pixels, "A chart's sides are 100 to 4000 pixels.");

    private Figure CheckHeatMap() =>
        (X.Log || Y.Log) && Marks.Any(mark => mark is HeatMap)
            ? throw new ArgumentException("A heat map's cells have equal sizes: its axes cannot be logarithmic.")
            : this;
}
