using NotebookEngine.Running;

namespace NotebookEngine.Cells;

/// <summary>
/// The host object of the submissions. It holds what a static import cannot: a member by the name of an imported type.
/// </summary>
public sealed class CellGlobals
{
    /// <summary>
    /// Cancelled when the running cell is interrupted: <c>await Task.Delay(1000, CancellationToken)</c>.
    /// </summary>
    public CancellationToken CancellationToken => CellContext.Current?.CancellationToken ?? CancellationToken.None;
}
