namespace IResNet.Workbook.Running;

/// <summary>
/// How long the rest of a run may take. Expected is a cell's time in the last run with the same parameters, or else
/// what the notebook says of a long cell in its metadata, <c>"iresnet": { "seconds": 120 }</c>. Of other cells it is
/// the median of those that have run.
/// </summary>
/// <param name="cells">The ids of the cells to run, in order.</param>
/// <param name="expected">Seconds of the cells for which they are known, by id.</param>
internal sealed class RemainingTime(IReadOnlyList<string> cells, IReadOnlyDictionary<string, double> expected)
{
    private readonly List<double> _measured = [];

    /// <summary>Takes the time of a cell that has run.</summary>
    public void Measured(TimeSpan time) => _measured.Add(time.TotalSeconds);

    /// <summary>
    /// The time from the start of the cell at this place to the end of the run; null while nothing is known.
    /// </summary>
    public TimeSpan? From(int index)
    {
        double typical = _measured.Order().ElementAtOrDefault(_measured.Count / 2);
        double seconds = cells.Skip(index).Sum(cell => expected.GetValueOrDefault(cell, typical));
        return seconds > 0 ? TimeSpan.FromSeconds(seconds) : null;
    }
}
