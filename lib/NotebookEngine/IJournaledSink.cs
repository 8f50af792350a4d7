namespace NotebookEngine;

/// <summary>
/// A sink with a journal: what a cell shows is told to the journal at once, on the thread that shows it, before the
/// output thread hands it to the sink. A cell may end the process a moment after it printed, and what was still on its
/// way to the sink is then lost.
/// </summary>
public interface IJournaledSink : ICellSink
{
    /// <summary>Is told of the cell's outputs, one at a time, and never asked. Must not throw.</summary>
    ICellSink Journal { get; }
}
