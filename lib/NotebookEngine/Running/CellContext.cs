namespace NotebookEngine.Running;

/// <summary>
/// The cell that the running code belongs to. It flows with the execution context, so what a background task prints or
/// shows after its cell has ended still arrives under that cell.
/// </summary>
internal sealed record CellContext(CellOutput Output, CancellationToken CancellationToken)
{
    private static readonly AsyncLocal<CellContext?> Local = new();
    private static volatile CellContext? _last;

    public static CellContext? Current => Local.Value;

    /// <summary>The cell that began last in this process; null before the first.</summary>
    public static CellContext? Last => _last;

    public static CellContext Required =>
        Current
        ?? throw new InvalidOperationException(
            "No cell is running here: display and input work in a notebook's cells only."
        );

    /// <summary>What the cell's <c>using</c> declarations declared.</summary>
    public CellResources Resources { get; } = new();

    /// <summary>Makes this the cell of what follows on this thread.</summary>
    public void Enter() => Local.Value = _last = this;

    public static void Leave() => Local.Value = null;
}
