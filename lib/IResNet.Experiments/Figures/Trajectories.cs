namespace IResNet.Experiments.Figures;

/// <summary>
/// Paths of points on the real line through the blocks of a network (Figure 1), with straight lines between one block
/// and the next. Where every block is an increasing function, so is every mixture of it with the identity, and no two
/// paths ever meet.
/// </summary>
public sealed class Trajectories
{
    private readonly double[][] _positions;

    /// <summary>From positions, one array per depth, each with one entry per path.</summary>
    /// <param name="positions">Depth 0 (the starts) first. Copied.</param>
    /// <exception cref="ArgumentException">There is no depth, the counts differ, or a position is not
    /// finite.</exception>
    public Trajectories(IEnumerable<IReadOnlyList<double>> positions)
    {
        _positions = [.. positions.Select(depth => depth.ToArray())];
        if (_positions.Length == 0)
            throw new ArgumentException("Trajectories need at least the starts.", nameof(positions));
        for (int depth = 0; depth < _positions.Length; depth++)
        {
            if (_positions[depth].Length != Count)
                throw new ArgumentException(
                    $"There are {Count} paths, but {_positions[depth].Length} at depth {depth}.",
                    nameof(positions)
                );
            if (!_positions[depth].All(double.IsFinite))
                throw new ArgumentException($"A position at depth {depth} is not finite.", nameof(positions));
        }
    }

    /// <summary>Number of blocks.</summary>
    public int Depth => _positions.Length - 1;

    /// <summary>Number of paths.</summary>
    public int Count => _positions[0].Length;

    /// <summary>All positions after so many blocks: the function that those blocks compute, at the starts.</summary>
    public IReadOnlyList<double> At(int depth) => _positions[depth];

    /// <summary>The positions of one path, from depth 0 on.</summary>
    public IReadOnlyList<double> Path(int path) => [.. _positions.Select(depth => depth[path])];

    /// <summary>
    /// Every meeting of two paths: where their straight pieces cross, or where they come to the same place. Found from
    /// the signs of the differences of all pairs, not from neighbours alone, so nothing is missed.
    /// </summary>
    public IReadOnlyList<Crossing> Crossings()
    {
        var crossings = new List<Crossing>();
        var pairs =
            from depth in Enumerable.Range(0, Depth)
            from i in Enumerable.Range(0, Count)
            from j in Enumerable.Range(i + 1, Count - i - 1)
            select (depth, i, j);
        foreach (var (depth, i, j) in pairs)
        {
            double before = _positions[depth][i] - _positions[depth][j],
                after = _positions[depth + 1][i] - _positions[depth + 1][j];
            // Paths that are together already have been counted when they met.
            if (before == 0 || before > 0 == after > 0 && after != 0)
                continue;
            double share = before / (before - after);
            crossings.Add(
                new(
                    depth + share,
                    _positions[depth][i] + share * (_positions[depth + 1][i] - _positions[depth][i]),
                    i,
                    j
                )
            );
        }
        return crossings;
    }

    /// <summary>
    /// The derivatives of the function after so many blocks, as difference quotients of neighbouring starts. All are
    /// positive where no two paths have changed their order; a negative one is a fold, over which the function takes
    /// values twice.
    /// </summary>
    /// <param name="depth">0 to <see cref="Depth"/>.</param>
    /// <exception cref="InvalidOperationException">The starts do not increase.</exception>
    public IReadOnlyList<double> Derivatives(int depth)
    {
        var (x, y) = (_positions[0], _positions[depth]);
        return
        [
            .. Enumerable
                .Range(0, Count - 1)
                .Select(i =>
                    x[i + 1] > x[i]
                        ? (y[i + 1] - y[i]) / (x[i + 1] - x[i])
                        : throw new InvalidOperationException(
                            $"Derivatives need increasing starts, but {x[i + 1]} follows {x[i]}."
                        )
                ),
        ];
    }
}

/// <summary>A meeting of two paths.</summary>
/// <param name="Depth">In blocks; between two whole numbers where the straight pieces between two blocks cross.</param>
/// <param name="Position">The place on the line.</param>
/// <param name="First">Index of one path.</param>
/// <param name="Second">Index of the other.</param>
public readonly record struct Crossing(double Depth, double Position, int First, int Second);
