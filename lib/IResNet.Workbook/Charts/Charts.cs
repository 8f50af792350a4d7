using NotebookEngine.Cells;
using static TorchSharp.torch;

namespace IResNet.Workbook.Charting;

/// <summary>
/// The charts of the notebooks. Each call describes a chart; a cell shows it as its last expression or by <c>.Display()</c>.
/// Values that are not finite are gaps; a chart without any finite value says so. Numbers are copied, tensors are left alone.
/// </summary>
/// <example><code>
/// Charts.Lines(("train", steps, train), ("test", steps, test)).WithTitle("MNIST").WithX("step").WithY("bits/dim", log: true)
/// </code></example>
public static class Charts
{
    internal const string NoData = "no data";

    /// <summary>One line through the points (x, y), in their order.</summary>
    /// <exception cref="ArgumentException">The counts differ.</exception>
    public static Figure Lines(Values x, Values y) => Lines(("", x, y));

    /// <summary>
    /// Lines through the points (x, y), in their order, each with a name for the legend. Of more than 2,000 points those are kept that make
    /// the line look the same.
    /// </summary>
    /// <exception cref="ArgumentException">The counts of a line differ.</exception>
    public static Figure Lines(params (string Name, Values X, Values Y)[] lines) => Curves(CurveStyle.Line, lines);

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

    /// <summary>Histograms as densities over common bins, so that sets of different sizes can be compared.</summary>
    /// <param name="bins">How many bins, at least 1, between the smallest and the largest value of all sets.</param>
    /// <param name="sets">The values, each set with a name for the legend.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bins"/> is below 1.</exception>
    public static Figure Histogram(int bins, params (string Name, Values Values)[] sets)
    {
        double[] edges = Binning.Edges(sets.SelectMany(set => set.Values.Items), bins);
        var drawn = sets.Where(set => edges.Length > 0 && set.Values.Items.Any(double.IsFinite));
        return new Figure([.. drawn.Select(set => new Steps(set.Name, edges, Binning.Density(set.Values.Items, edges)))]).WithY("density");
    }

    /// <summary>A histogram of one set of values as a density.</summary>
    public static Figure Histogram(Values values, int bins = 40) => Histogram(bins, ("", values));

    /// <summary>A matrix as colours. Row 0 is drawn at the bottom, column 0 at the left, as on the axes of a plane.</summary>
    /// <param name="matrix">Shape (rows, columns).</param>
    /// <param name="x">The columns' extent on the horizontal axis; by default 0 to their number.</param>
    /// <param name="y">The rows' extent on the vertical axis; by default 0 to their number.</param>
    /// <param name="label">What the colours measure.</param>
    /// <exception cref="ArgumentException">The tensor is not a matrix, or an extent is empty.</exception>
    public static Figure HeatMap(Tensor matrix, (double Min, double Max)? x = null, (double Min, double Max)? y = null, string label = "")
    {
        double[] items = TensorReading.ToDoubles(matrix);
        if (matrix.dim() != 2)
            throw new ArgumentException($"A heat map needs a matrix; this tensor has the shape [{string.Join(", ", matrix.shape)}].", nameof(matrix));
        int rows = (int)matrix.shape[0], columns = (int)matrix.shape[1];
        if (!items.Any(double.IsFinite)) return new Figure();

        var cells = new double[rows, columns];
        Buffer.BlockCopy(items, 0, cells, 0, items.Length * sizeof(double));
        return new Figure(new HeatMap(label, cells, Extent(x ?? (0, columns), nameof(x)), Extent(y ?? (0, rows), nameof(y))));
    }

    /// <summary>The density of points in the plane, estimated by a grid of square bins, with equal scales on both axes.</summary>
    /// <param name="points">Shape (points, 2).</param>
    /// <param name="bins">Bins along each axis, at least 1.</param>
    /// <param name="range">The same range for both axes; by default the smallest that holds all points.</param>
    /// <exception cref="ArgumentException">The tensor has another shape, or the range is empty.</exception>
    public static Figure Density(Tensor points, int bins = 100, (double Min, double Max)? range = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        var (x, y) = Columns(points);
        var square = new Figure().WithSize(520, 460).WithEqualScale();
        if ((range ?? Binning.Range(x.Concat(y))) is not { } side) return square;
        Extent(side, nameof(range));
        return square.And(new Figure(new HeatMap("density", Binning.Density(x, y, side, side, bins), side, side)));
    }

    /// <summary>
    /// The largest singular value of each layer, layers numbered from 1, for one or several models, with a dashed line at the bound that
    /// spectral normalization is to keep.
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

    /// <summary>A batch of images as a grid.</summary>
    /// <param name="images">Shape (images, channels, height, width) with 1 or 3 channels; bytes, or values in <paramref name="range"/>.</param>
    /// <param name="range">
    /// The values of black and of full intensity; by default 0 and 255 for bytes, 0 and 1 for other types. Values outside are clipped,
    /// NaN becomes magenta.
    /// </param>
    /// <exception cref="ArgumentException">The tensor has another shape, or the range is empty.</exception>
    public static ImageGrid Images(Tensor images, (double Min, double Max)? range = null) => new([("", Pixels.Of(images, range))]);

    /// <summary>Batches of images, each in rows of its own under a title: bytes, or values between 0 and 1.</summary>
    /// <exception cref="ArgumentException">A tensor has another shape than (images, 1 or 3 channels, height, width).</exception>
    public static ImageGrid Images(params (string Title, Tensor Images)[] rows) => Rows(null, rows);

    /// <summary>Batches of images with values in a stated range, each in rows of its own under a title.</summary>
    /// <param name="range">The values of black and of full intensity.</param>
    /// <param name="rows">Titles, and tensors of shape (images, 1 or 3 channels, height, width).</param>
    /// <exception cref="ArgumentException">A tensor has another shape, or the range is empty.</exception>
    public static ImageGrid Images((double Min, double Max) range, params (string Title, Tensor Images)[] rows) => Rows(range, rows);

    /// <summary>
    /// A line chart that grows while a loop runs: <c>var live = Charts.Live("loss"); … live.Add(step, loss);</c>. It appears under the cell
    /// that adds first.
    /// </summary>
    /// <param name="series">The names of the values that are added together; none for a single line without a name, or to name them when adding.</param>
    public static LiveFigure Live(params string[] series) => new(value => value.Display().Update, series);

    private static ImageGrid Rows((double Min, double Max)? range, (string Title, Tensor Images)[] rows) =>
        rows.Length > 0
            ? new([.. rows.Select(row => (row.Title, Pixels.Of(row.Images, range)))])
            : throw new ArgumentException("An image grid needs at least one batch of images.", nameof(rows));

    private static Figure Curves(CurveStyle style, (string Name, Values X, Values Y)[] curves)
    {
        var marks = new List<Mark>();
        foreach (var (name, x, y) in curves)
        {
            RequireSameCount(name, x, y, "y");
            var (keptX, keptY) = style == CurveStyle.Line ? Thinning.Of(x.Items, y.Items) : (x.Items, y.Items);
            marks.Add(new Curve(name, keptX, keptY, style));
        }
        return new Figure([.. marks]);
    }

    private static double[] LayerNumbers(Values layers) => [.. Enumerable.Range(1, layers.Count).Select(i => (double)i)];

    private static void RequireSameCount(string name, Values x, Values other, string what)
    {
        if (x.Count != other.Count)
            throw new ArgumentException($"Series \"{name}\": x has {x.Count} values and {what} has {other.Count}; they must be as many.");
    }

    private static (double[] X, double[] Y) Columns(Tensor points)
    {
        double[] items = TensorReading.ToDoubles(points);
        if (points.dim() != 2 || points.shape[1] != 2)
        {
            throw new ArgumentException(
                $"Points in the plane need the shape [points, 2]; this tensor has [{string.Join(", ", points.shape)}].", nameof(points));
        }
        int count = items.Length / 2;
        return ([.. Enumerable.Range(0, count).Select(i => items[2 * i])], [.. Enumerable.Range(0, count).Select(i => items[2 * i + 1])]);
    }

    private static (double Min, double Max) Extent((double Min, double Max) extent, string name) =>
        double.IsFinite(extent.Max - extent.Min) && extent.Min < extent.Max
            ? extent
            : throw new ArgumentException($"The extent {extent.Min} to {extent.Max} is empty or not finite: give min < max.", name);
}
