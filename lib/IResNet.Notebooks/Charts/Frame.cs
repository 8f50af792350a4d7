namespace IResNet.Notebooks;

/// <summary>
/// The ranges of a figure's axes, in places (logarithms on a logarithmic axis), and whether there is anything to see in
/// them.
/// </summary>
internal sealed record Frame((double Min, double Max) X, (double Min, double Max) Y, bool IsEmpty)
{
    private const double Margin = 0.04;

    // Below this relative length a range has no room for ticks and is widened.
    private const double Flat = 1e-9;

    /// <summary>The range that holds all marks with a margin, cut where the axis names an end itself.</summary>
    public static Frame Of(Figure figure)
    {
        var x = new Extent();
        var y = new Extent();
        foreach (var mark in figure.Marks)
            Include(mark, figure, x, y);
        bool isEmpty = x.IsEmpty;
        foreach (var level in figure.Marks.OfType<Level>())
            y.Include(figure.Y.Place(level.Y));
        return new Frame(x.Within(figure.X), y.Within(figure.Y), isEmpty);
    }

    private static void Include(Mark mark, Figure figure, Extent x, Extent y)
    {
        switch (mark)
        {
            case Curve curve:
                foreach (
                    var run in Geometry
                        .Runs(curve, figure.X, figure.Y)
                        .Concat(Geometry.Bands(curve, figure.X, figure.Y))
                )
                    foreach (var point in run)
                    {
                        x.Include(point.X);
                        y.Include(point.Y);
                    }
                break;
            case Steps steps:
                foreach (double edge in steps.Edges)
                    x.Include(figure.X.Place(edge));
                foreach (double height in steps.Heights)
                    y.Include(figure.Y.Place(height));
                if (!figure.Y.Log)
                    y.StartAt(0);
                break;
            case HeatMap map:
                x.Tile(map.X);
                y.Tile(map.Y);
                break;
        }
    }

    /// <summary>A growing interval.</summary>
    private sealed class Extent
    {
        private double _min = double.PositiveInfinity,
            _max = double.NegativeInfinity;
        private bool _tightMin,
            _tightMax;

        public bool IsEmpty => _min > _max;

        public void Include(double place)
        {
            if (double.IsNaN(place))
                return;
            if (place < _min)
                (_min, _tightMin) = (place, false);
            if (place > _max)
                (_max, _tightMax) = (place, false);
        }

        /// <summary>Includes a place that gets no margin while it is the lowest.</summary>
        public void StartAt(double place)
        {
            Include(place);
            _tightMin |= place <= _min;
        }

        /// <summary>Includes an interval that gets no margin while it is the outermost.</summary>
        public void Tile((double Min, double Max) cells)
        {
            StartAt(cells.Min);
            Include(cells.Max);
            _tightMax |= cells.Max >= _max;
        }

        public (double Min, double Max) Within(Axis axis)
        {
            double min = IsEmpty ? 0 : _min,
                max = IsEmpty ? 1 : _max;
            double size = Math.Max(Math.Abs(min), Math.Abs(max));
            bool isFlat = max - min <= Flat * size;
            double margin = isFlat ? Math.Max(size * 0.1, 0.1) : (max - min) * Margin;
            min =
                axis.Min is { } low ? axis.Place(low)
                : _tightMin && !isFlat ? min
                : min - margin;
            max =
                axis.Max is { } high ? axis.Place(high)
                : _tightMax && !isFlat ? max
                : max + margin;
            return max > min ? (min, max)
                : axis.Max is null ? (min, min + 1)
                : (max - 1, max);
        }
    }
}
