namespace NotebookEngine.Running;

/// <summary>What one cell shows and asks.</summary>
internal sealed class CellOutput(ICellSink sink, OutputQueue queue)
{
    public void Stream(StreamName name, string text) => queue.AddText(sink, name, text);

    public void Display(IReadOnlyDictionary<string, object> data, string? displayId) =>
        queue.Add(() => sink.Display(data, displayId));

    public void UpdateDisplay(IReadOnlyDictionary<string, object> data, string displayId) =>
        queue.Add(() => sink.UpdateDisplay(data, displayId));

    public void Result(IReadOnlyDictionary<string, object> data) => queue.Add(() => sink.Result(data));

    public void Error(CellError error) => queue.Add(() => sink.Error(error.Name, error.Message, error.Traceback));

    public void ClearOutput(bool wait) => queue.Add(() => sink.ClearOutput(wait));

    /// <summary>Waits for the reader on the calling thread: other threads of the cell may go on printing.</summary>
    public string? ReadLine(string prompt, bool isPassword)
    {
        string? line = null;
        queue.FlushAsync().Wait();
        Interruption.Shelter(() => line = sink.ReadLine(prompt, isPassword));
        return line;
    }
}
