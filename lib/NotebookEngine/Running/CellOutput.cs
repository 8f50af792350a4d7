namespace NotebookEngine.Running;

/// <summary>What one cell shows and asks.</summary>
internal sealed class CellOutput
{
    private readonly ICellSink _sink;
    private readonly ICellSink? _journal;
    private readonly OutputQueue _queue;
    private readonly Lock _gate = new();
    private readonly char?[] _halves = new char?[2];

    public CellOutput(ICellSink sink, OutputQueue queue)
    {
        (_sink, _journal, _queue) = (sink, (sink as IJournaledSink)?.Journal, queue);
        Input = new CellInput(prompt => ReadLine(prompt, isPassword: false));
    }

    public CellInput Input { get; }

    /// <summary>
    /// Prints. Half of a surrogate pair waits for the other half: text is printed in pieces of any size, and a piece
    /// that ends within a character could not be encoded.
    /// </summary>
    public void Stream(StreamName name, string text) =>
        InOrder(() =>
        {
            ref char? half = ref _halves[(int)name];
            text = half + text;
            half = char.IsHighSurrogate(text[^1]) ? text[^1] : null;
            Print(name, half is null ? text : text[..^1]);
        });

    public void Display(IReadOnlyDictionary<string, object> data, string? displayId) =>
        Put(sink => sink.Display(data, displayId));

    public void UpdateDisplay(IReadOnlyDictionary<string, object> data, string displayId) =>
        Put(sink => sink.UpdateDisplay(data, displayId));

    public void Result(IReadOnlyDictionary<string, object> data) => Put(sink => sink.Result(data));

    public void Error(CellError error) => Put(sink => sink.Error(error.Name, error.Message, error.Traceback));

    public void ClearOutput(bool wait) => Put(sink => sink.ClearOutput(wait));

    /// <summary>Prints what was held back.</summary>
    public void End() => InOrder(PrintHalves);

    /// <summary>Waits for the reader on the calling thread: other threads of the cell may go on printing.</summary>
    public string? ReadLine(string prompt, bool isPassword)
    {
        string? line = null;
        _queue.FlushAsync().Wait();
        Interruption.Shelter(() => line = _sink.ReadLine(prompt, isPassword));
        return line;
    }

    private void Put(Action<ICellSink> call) =>
        InOrder(() =>
        {
            PrintHalves();
            if (_journal is not null)
                call(_journal);
            _queue.Add(() => call(_sink));
        });

    private void PrintHalves()
    {
        foreach (var name in new[] { StreamName.Stdout, StreamName.Stderr })
        {
            if (_halves[(int)name] is not { } half)
                continue;
            _halves[(int)name] = null;
            Print(name, half.ToString());
        }
    }

    private void Print(StreamName name, string text)
    {
        if (text.Length == 0)
            return;
        _journal?.Stream(name, text);
        _queue.AddText(_sink, name, text);
    }

    private void InOrder(Action body) =>
        Interruption.Shelter(() =>
        {
            lock (_gate)
                body();
        });
}
