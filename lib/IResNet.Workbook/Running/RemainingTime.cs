namespace IResNet.Workbook.Running;

/// <summary>
/// How long the rest of a run may take: a cell's time in the last run with the same parameters where there was one, else the mean of the
/// cells whose time is known.
/// </summary>
/// <param name="cells">The ids of the cells to run, in order.</param>
/// <param name="earlier">Seconds of each cell in an earlier run, by id.</param>
internal sealed class RemainingTime(IReadOnlyList<string> cells, IReadOnlyDictionary<string, double> earlier)
{
    private readonly Dictionary<string, double> _known = earlier.Where(cell => cells.Contains(cell.Key)).ToDictionary();

    /// <summary>Takes a cell's time of this run.</summary>
    public void Measured(string cell, TimeSpan time) => _known[cell] = time.TotalSeconds;

    /// <summary>The time from the start of the cell at this place to the end of the run; null while no time is known.</summary>
    public TimeSpan? From(int index) => _known.Count == 0
        ? null
        : TimeSpan.FromSeconds(cells.Skip(index).Sum(cell => _known.GetValueOrDefault(cell, _known.Values.Average())));
}
