namespace IResNet.Notebooks;

/// <summary>
/// Outlines that both renderers draw alike, in places on the axes (logarithms on a logarithmic axis).
/// </summary>
internal static class Geometry
{
    /// <summary>The curve's unbroken runs: a point that cannot be drawn ends one.</summary>
    public static List<List<(double X, double Y)>> Runs(Curve curve, Axis x, Axis y) =>
        Unbroken(
            curve.X.Length,
            i => (x.Place(curve.X[i]), y.Place(curve.Y[i])),
            point => double.IsFinite(point.Item1 + point.Item2)
        );

    /// <summary>One closed polygon for each unbroken run of the curve's band; none without a band.</summary>
    public static List<List<(double X, double Y)>> Bands(Curve curve, Axis x, Axis y)
    {
        if (curve.Spread is not { } spread)
            return [];
        var runs = Unbroken(
            curve.X.Length,
            i => (X: x.Place(curve.X[i]), Low: y.Place(curve.Y[i] - spread[i]), High: y.Place(curve.Y[i] + spread[i])),
            point => double.IsFinite(point.X + point.Low + point.High)
        );
        return runs.ConvertAll(run =>
            run.Select(p => (p.X, p.High)).Concat(run.AsEnumerable().Reverse().Select(p => (p.X, p.Low))).ToList()
        );
    }

    /// <summary>
    /// The histogram's outline, closed along the lower end of the vertical axis where the height is not positive there.
    /// </summary>
    public static List<(double X, double Y)> Outline(Steps steps, Axis x, Axis y, double bottom)
    {
        double floor = y.Log ? bottom : 0;
        var outline = new List<(double, double)> { (x.Place(steps.Edges[0]), floor) };
        for (int i = 0; i < steps.Heights.Length; i++)
        {
            double top = y.Place(steps.Heights[i]);
            if (double.IsNaN(top))
                top = floor;
            outline.Add((x.Place(steps.Edges[i]), top));
            outline.Add((x.Place(steps.Edges[i + 1]), top));
        }
        outline.Add((x.Place(steps.Edges[^1]), floor));
        return outline.FindAll(point => double.IsFinite(point.Item1));
    }

    private static List<List<T>> Unbroken<T>(int count, Func<int, T> at, Predicate<T> drawable)
    {
        var runs = new List<List<T>>();
        bool open = false;
        for (int i = 0; i < count; i++)
        {
            var point = at(i);
            if (!drawable(point))
            {
                open = false;
                continue;
            }
            if (!open)
                runs.Add([]);
            open = true;
            runs[^1].Add(point);
        }
        return runs;
    }
}
