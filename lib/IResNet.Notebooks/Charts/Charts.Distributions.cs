using static TorchSharp.torch;

namespace IResNet.Notebooks;

/// <content>Histograms, densities and matrices.</content>
public static partial class Charts
{
    /// <summary>Histograms as densities over common bins, so that sets of different sizes can be compared.</summary>
    /// <param name="bins">How many bins, at least 1, between the smallest and the largest value of all sets.</param>
    /// <param name="sets">The values, each set with a name for the legend.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bins"/> is below 1.</exception>
    public static Figure Histogram(int bins, params (string Name, Values Values)[] sets)
    {
        double[] edges = Binning.Edges(sets.SelectMany(set => set.Values.Items), bins);
        var drawn = sets.Where(set => edges.Length > 0 && set.Values.Items.Any(Axis.IsDrawable));
        return new Figure([
            .. drawn.Select(set => new Steps(set.Name, edges, Binning.Density(set.Values.Items, edges))),
        ]).WithY("density");
    }

    /// <summary>A histogram of one set of values as a density.</summary>
    public static Figure Histogram(Values values, int bins = 40) => Histogram(bins, ("", values));

    /// <summary>
    /// A matrix as colours. Row 0 is drawn at the bottom, column 0 at the left, as on the axes of a plane.
    /// </summary>
    /// <param name="matrix">Shape (rows, columns).</param>
    /// <param name="x">The columns' extent on the horizontal axis; by default 0 to their number.</param>
    /// <param name="y">The rows' extent on the vertical axis; by default 0 to their number.</param>
    /// <param name="label">What the colours measure.</param>
    /// <exception cref="ArgumentException">The tensor is not a matrix, or an extent is empty.</exception>
    public static Figure HeatMap(
        Tensor matrix,
        (double Min, double Max)? x = null,
        (double Min, double Max)? y = null,
        string label = ""
    )
    {
        double[] items = TensorReading.ToDoubles(matrix);
        if (matrix.dim() != 2)
            throw new ArgumentException(
                $"A heat map needs a matrix; this tensor has the shape [{string.Join(", ", matrix.shape)}].",
                nameof(matrix)
            );
        int rows = (int)matrix.shape[0],
            columns = (int)matrix.shape[1];
        if (!items.Any(Axis.IsDrawable))
            return new Figure();

        double[,] cells = new double[rows, columns];
        for (int i = 0; i < items.Length; i++)
            cells[i / columns, i % columns] = Axis.IsDrawable(items[i]) ? items[i] : double.NaN;
        return new Figure(
            new HeatMap(label, cells, Extent(x ?? (0, columns), nameof(x)), Extent(y ?? (0, rows), nameof(y)))
        );
    }

    /// <summary>
    /// The density of points in the plane, estimated by a grid of square bins, with equal scales on both axes.
    /// </summary>
    /// <param name="points">Shape (points, 2).</param>
    /// <param name="bins">Bins along each axis, at least 1.</param>
    /// <param name="range">The same range for both axes; by default the smallest that holds all points.</param>
    /// <exception cref="ArgumentException">The tensor has another shape, or the range is empty.</exception>
    public static Figure Density(Tensor points, int bins = 100, (double Min, double Max)? range = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        var (x, y) = Columns(points);
        var square = new Figure().WithSize(520, 460).WithEqualScale();
        if ((range ?? Binning.Range(x.Concat(y))) is not { } side)
            return square;
        Extent(side, nameof(range));
        return square.And(new Figure(new HeatMap("density", Binning.Density(x, y, side, side, bins), side, side)));
    }

    private static (double[] X, double[] Y) Columns(Tensor points)
    {
        double[] items = TensorReading.ToDoubles(points);
        if (points.dim() != 2 || points.shape[1] != 2)
        {
            throw new ArgumentException(
                $"Points in the plane need the shape [points, 2]; this tensor has [{string.Join(", ", points.shape)}].",
                nameof(points)
            );
        }
        int count = items.Length / 2;
        return (
            [.. Enumerable.Range(0, count).Select(i => items[2 * i])],
            [.. Enumerable.Range(0, count).Select(i => items[2 * i + 1])]
        );
    }

    private static (double Min, double Max) Extent((double Min, double Max) extent, string name) =>
        double.IsFinite(extent.Max - extent.Min) && extent.Min < extent.Max
            ? extent
            : throw new ArgumentException(
                $"The extent {extent.Min} to {extent.Max} is empty or not finite: give min < max.",
                name
            );
}
