namespace NotebookEngine.Running;

/// <summary>
/// The cell that the running code belongs to. It flows with the execution context, so what a background task prints or
/// shows after its cell has ended still arrives under that cell.
/// </summary>
internal sealed record CellContext(CellOutput Output, CancellationToken CancellationToken)
{
    private static readonly AsyncLocal<CellContext?> Local = new();

    public static CellContext? Current
    {
        get => Local.Value;
        set => Local.Value = value;
    }

    public static CellContext Required =>
        Current
        ?? throw new InvalidOperationException(
            "No cell is running here: display and input work in a notebook's cells only."
        );
}
