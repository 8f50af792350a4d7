using System.Runtime.ExceptionServices;

namespace NotebookEngine.Running;

/// <summary>
/// An exception that nobody catches on a thread that a cell started would end the process, and with it all that the
/// reader has computed. It is printed under its cell instead. Exceptions of the host's own threads still end the
/// process.
/// </summary>
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
            ExceptionHandling.SetUnhandledExceptionHandler(Report);
            _installed = true;
        }
    }

    private static bool Report(Exception exception)
    {
        if (CellContext.Current is not { } cell)
            return false;
        cell.Output.Stream(StreamName.Stderr, $"A thread that this cell started failed: {exception}\n");
        return true;
    }
}
