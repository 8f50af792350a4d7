namespace NotebookEngine;

/// <summary>Standard output or standard error of a cell.</summary>
public enum StreamName
{
    /// <summary>Standard output.</summary>
    Stdout,

    /// <summary>Standard error.</summary>
    Stderr,
}

/// <summary>
/// Where a cell's outputs go: the only seam between the engine and the outside. The Jupyter kernel, the headless runner
/// and the tests each implement it. Calls come from the engine's output thread, one at a time, also after the cell has
/// ended (a background task prints on); only <see cref="ReadLine"/> is called on the cell's thread, and may still wait
/// while others come.
/// </summary>
public interface ICellSink
{
    /// <summary>Text that the cell printed, in batches.</summary>
    void Stream(StreamName name, string text);

    /// <summary>A displayed value.</summary>
    /// <param name="data">MIME type to content: a string, or a <see cref="System.Text.Json.Nodes.JsonNode"/> for JSON
    /// types.</param>
    /// <param name="displayId">The id by which <see cref="UpdateDisplay"/> may replace it later, or null.</param>
    void Display(IReadOnlyDictionary<string, object> data, string? displayId);

    /// <summary>Replaces what was displayed under an id, in whichever cell it stands.</summary>
    void UpdateDisplay(IReadOnlyDictionary<string, object> data, string displayId);

    /// <summary>The value of the cell's last expression.</summary>
    void Result(IReadOnlyDictionary<string, object> data);

    /// <summary>The cell failed.</summary>
    /// <param name="name">The exception's type, or <c>CompileError</c>, <c>DirectiveError</c> or
    /// <c>Interrupted</c>.</param>
    /// <param name="message">Its message.</param>
    /// <param name="traceback">Lines to show, in cell coordinates.</param>
    void Error(string name, string message, IReadOnlyList<string> traceback);

    /// <summary>Removes the cell's outputs; with <paramref name="wait"/> only once the next output comes.</summary>
    void ClearOutput(bool wait);

    /// <summary>Asks the reader for a line; null where nobody can answer.</summary>
    string? ReadLine(string prompt, bool isPassword);
}
