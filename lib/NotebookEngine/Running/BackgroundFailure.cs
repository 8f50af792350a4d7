using System.Runtime.ExceptionServices;

namespace NotebookEngine.Running;

/// <summary>
/// An exception that nobody catches, on whatever thread a cell's code came to run (its own, the pool's, a timer's, the
/// finaliser's), would end the process, and with it all that the reader has computed. It is printed under its cell
/// instead; where the cell did not flow along, as to a timer's callback, under the one that ran last. Until a cell has
/// run it ends the process.
/// </summary>
/// <remarks>
/// What no handler can keep alive: an exception that leaves managed code into native code (a callback that a cell
/// handed to a native library), a stack overflow, and an exception while the process ends.
/// </remarks>
internal static class BackgroundFailure
{
    private static readonly Lock Gate = new();
    private static bool _installed;

    public static void Install()
    {
        lock (Gate)
        {
            if (_installed)
                return;
            ExceptionHandling.SetUnhandledExceptionHandler(exception => Report(exception, CellContext.Current));
            _installed = true;
        }
    }

    /// <summary>Prints it; false where no cell has run that it could belong to.</summary>
    public static bool Report(Exception exception, CellContext? cell)
    {
        // Callbacks on a token come wrapped.
        var cause = exception is AggregateException { InnerExceptions: [var only] } ? only : exception;
        var (where, output) =
            cell is not null ? ("A thread that this cell started failed", cell.Output)
            : CellContext.Last is { } last ? ("Outside of any cell's own code (a timer, say) failed", last.Output)
            : ("", null);
        output?.Stream(StreamName.Stderr, $"{where}: {ExceptionText.Full(cause)}\n");
        return output is not null;
    }
}
