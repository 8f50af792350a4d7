namespace IResNet.Notebooks;

/// <summary>Something drawn in a figure.</summary>
/// <param name="Name">Its entry in the legend; empty for none.</param>
internal abstract record Mark(string Name);

/// <summary>How the points of a <see cref="Curve"/> are drawn.</summary>
[Flags]
internal enum CurveStyle
{
    Line = 1,
    Points = 2,
    Dashed = 4,
}

/// <summary>Points (x, y) in order, with an optional band y ± spread.</summary>
internal sealed record Curve(string Name, double[] X, double[] Y, CurveStyle Style, double[]? Spread = null)
    : Mark(Name)
{
    public bool IsDashed => Style.HasFlag(CurveStyle.Dashed);
}

/// <summary>
/// A histogram: bin i has the height <c>Heights[i]</c> between <c>Edges[i]</c> and <c>Edges[i + 1]</c>.
/// </summary>
internal sealed record Steps(string Name, double[] Edges, double[] Heights) : Mark(Name);

/// <summary>
/// A matrix as colours: row 0 lies at the bottom, column 0 at the left, and the cells tile the rectangle
/// <paramref name="X"/> by
/// <paramref name="Y"/>. NaN leaves a cell open. The name labels the colour bar.
/// </summary>
internal sealed record HeatMap(string Name, double[,] Cells, (double Min, double Max) X, (double Min, double Max) Y)
    : Mark(Name);

/// <summary>A horizontal line at one value, such as a bound.</summary>
internal sealed record Level(string Name, double Y) : Mark(Name);
