using System.Diagnostics;

namespace IResNet.Notebooks;

/// <summary>
/// Shows in the cell what the library warns of through <see cref="Trace.TraceWarning(string)"/>: a program's log would
/// have it, a notebook has none.
/// </summary>
/// <param name="console">Where a cell's text goes.</param>
internal sealed class TraceWarnings(Func<TextWriter> console) : TraceListener
{
    private string? _last;

    /// <summary>From now on, in this process; once.</summary>
    public static void Show()
    {
        if (!Trace.Listeners.OfType<TraceWarnings>().Any())
            Trace.Listeners.Add(new TraceWarnings(() => Console.Out));
    }

    /// <summary>Warnings and errors; the same one in a row is shown once.</summary>
    public override void TraceEvent(
        TraceEventCache? eventCache,
        string source,
        TraceEventType eventType,
        int id,
        string? message
    )
    {
        if (eventType > TraceEventType.Warning || message == _last)
            return;
        _last = message;
        console().WriteLine($"Warning: {message}");
    }

    /// <summary>Nothing: what is not an event has no rank.</summary>
    public override void Write(string? message) { }

    /// <inheritdoc cref="Write"/>
    public override void WriteLine(string? message) { }
}
