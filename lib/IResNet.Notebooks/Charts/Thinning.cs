namespace IResNet.Notebooks;

/// <summary>
/// Lines of many points, reduced to what can be seen: each stretch keeps its lowest and its highest point and its first
/// gap. On a chart's width the line looks the same, spikes included, and a notebook stays small.
/// </summary>
internal static class Thinning
{
    /// <summary>Lines of at most this many points are kept as they are.</summary>
    public const int Most = 2000;

    /// <summary>The points that are kept, in their order.</summary>
    public static (double[] X, double[] Y) Of(double[] x, double[] y)
    {
        if (y.Length <= Most)
            return (x, y);
        int stretches = Most / 2;
        var kept = new SortedSet<int> { 0, y.Length - 1 };
        for (int stretch = 0; stretch < stretches; stretch++)
        {
            int from = (int)((long)y.Length * stretch / stretches),
                to = (int)((long)y.Length * (stretch + 1) / stretches);
            int low = -1,
                high = -1,
                gap = -1;
            for (int i = from; i < to; i++)
            {
                if (!double.IsFinite(x[i] + y[i]))
                    gap = gap < 0 ? i : gap;
                else
                {
                    if (low < 0 || y[i] < y[low])
                        low = i;
                    if (high < 0 || y[i] > y[high])
                        high = i;
                }
            }
            kept.UnionWith(new[] { low, high, gap }.Where(i => i >= 0));
        }
        return ([.. kept.Select(i => x[i])], [.. kept.Select(i => y[i])]);
    }
}
