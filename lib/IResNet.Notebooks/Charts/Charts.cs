namespace IResNet.Notebooks;

/// <summary>
/// The charts of the notebooks. Each call describes a chart; a cell shows it as its last expression or by
/// <c>.Display()</c>.
/// Values that are not finite are gaps; a chart without any finite value says so. Numbers are copied, tensors are left
/// alone.
/// </summary>
/// <example><code>
/// Charts.Lines(("train", steps, train), ("test", steps, test)).WithTitle("MNIST").WithX("step").WithY("bits/dim", log:
/// true)
/// </code></example>
public static partial class Charts
{
    internal const string NoData = "no data";

    /// <summary>One line through the points (x, y), in their order.</summary>
    /// <exception cref="ArgumentException">The counts differ.</exception>
    public static Figure Lines(Values x, Values y) => Lines(("", x, y));

    /// <summary>
    /// Lines through the points (x, y), in their order, each with a name for the legend. Of more than 2,000 points
    /// those are kept that make the line look the same.
    /// </summary>
    /// <exception cref="ArgumentException">The counts of a line differ.</exception>
    public static Figure Lines(params (string Name, Values X, Values Y)[] lines) => Curves(CurveStyle.Line, lines);

    /// <summary>
    /// Dashed lines through the points (x, y), to lay over measured ones by <see cref="Figure.And"/>: theory, bounds.
    /// They take the colours in the same order, the first dashed line that of the first solid one.
    /// </summary>
    /// <exception cref="ArgumentException">The counts of a line differ.</exception>
    public static Figure Dashed(params (string Name, Values X, Values Y)[] lines) =>
        Curves(CurveStyle.Line | CurveStyle.Dashed, lines);

    /// <summary>Lines with a band of half-width <c>Spread</c> around each: mean ± interval.</summary>
    /// <exception cref="ArgumentException">The counts of a line differ.</exception>
    public static Figure Bands(params (string Name, Values X, Values Mean, Values Spread)[] lines)
    {
        var marks = new List<Mark>();
        foreach (var (name, x, mean, spread) in lines)
        {
            RequireSameCount(name, x, mean, "y");
            RequireSameCount(name, x, spread, "the spread");
            marks.Add(new Curve(name, x.Items, mean.Items, CurveStyle.Line, spread.Items));
        }
        return new Figure([.. marks]);
    }

    /// <summary>The points (x, y).</summary>
    /// <exception cref="ArgumentException">The counts differ.</exception>
    public static Figure Points(Values x, Values y) => Points(("", x, y));

    /// <summary>Sets of points (x, y), each with a name for the legend.</summary>
    /// <exception cref="ArgumentException">The counts of a set differ.</exception>
    public static Figure Points(params (string Name, Values X, Values Y)[] sets) => Curves(CurveStyle.Points, sets);

    /// <summary>
    /// The largest singular value of each layer, layers numbered from 1, for one or several models, with a dashed line
    /// at the bound that spectral normalization is to keep.
    /// </summary>
    /// <param name="bound">The bound c; 1 is where a residual block stops being surely invertible.</param>
    /// <param name="models">The models' names and their layers' values.</param>
    public static Figure SingularValues(double bound, params (string Model, Values Layers)[] models)
    {
        var marks = new List<Mark>();
        foreach (var (model, layers) in models)
            marks.Add(new Curve(model, LayerNumbers(layers), layers.Items, CurveStyle.Line | CurveStyle.Points));
        marks.Add(new Level(FormattableString.Invariant($"bound {bound:G4}"), bound));
        return new Figure([.. marks]).WithX("layer").WithY("largest singular value");
    }

    /// <summary>A dashed horizontal line, to lay over another chart by <see cref="Figure.And"/>.</summary>
    public static Figure Level(string name, double y) => new(new Level(name, y));

    /// <summary>Several charts of which a slider shows one at a time, on common axes.</summary>
    /// <param name="label">What the slider moves along: "block".</param>
    /// <param name="shown">The chart that is shown first, and as PNG alone, from 0.</param>
    /// <param name="steps">The charts, each with what stands beside the slider at it. Titles, axes and size are those
    /// of the chart that is shown first.</param>
    /// <exception cref="ArgumentException">There is no chart, or <paramref name="shown"/> is none of them.</exception>
    public static SliderFigure Slider(
        string label,
        int shown,
        params ReadOnlySpan<(string Step, Figure Figure)> steps
    ) => new(label, shown, steps);

    /// <summary>
    /// A line chart that grows while a loop runs: <c>var live = Charts.Live("loss"); … live.Add(step, loss);</c>. It
    /// appears under the cell that adds first.
    /// </summary>
    /// <param name="series">The names of the values that are added together; none for a single line without a name, or
    /// to name them when adding.</param>
    public static LiveFigure Live(params string[] series) => new(value => Cell.Host.Show(value), series);

    private static Figure Curves(CurveStyle style, (string Name, Values X, Values Y)[] curves)
    {
        var marks = new List<Mark>();
        foreach (var (name, x, y) in curves)
        {
            RequireSameCount(name, x, y, "y");
            var (keptX, keptY) = !style.HasFlag(CurveStyle.Points) ? Thinning.Of(x.Items, y.Items) : (x.Items, y.Items);
            marks.Add(new Curve(name, keptX, keptY, style));
        }
        return new Figure([.. marks]);
    }

    private static double[] LayerNumbers(Values layers) =>
        [.. Enumerable.Range(1, layers.Count).Select(i => (double)i)];

    private static void RequireSameCount(string name, Values x, Values other, string what)
    {
        if (x.Count != other.Count)
            throw new ArgumentException(
                $"Series \"{name}\": x has {x.Count} values and {what} has {other.Count}; they must be as many."
            );
    }
}
