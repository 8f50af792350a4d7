using System.Text;

namespace NotebookEngine.Running;

/// <summary>
/// The sink of one cell, with calls in order and printed text in batches: a hundred thousand small prints must not become as many messages.
/// </summary>
internal sealed class CellOutput(ICellSink sink) : ICellSink
{
    private const int BatchMilliseconds = 40;
    private const int BatchCharacters = 32 * 1024;

    private readonly Lock _gate = new();
    private readonly StringBuilder _text = new();
    private StreamName _name;
    private Timer? _timer;

    public void Stream(StreamName name, string text)
    {
        lock (_gate)
        {
            if (name != _name) FlushLocked();
            _name = name;
            _text.Append(text);
            if (_text.Length >= BatchCharacters) FlushLocked();
            else _timer ??= new Timer(_ => Flush(), null, BatchMilliseconds, Timeout.Infinite);
        }
    }

    public void Display(IReadOnlyDictionary<string, object> data, string? displayId) => InOrder(() => sink.Display(data, displayId));

    public void UpdateDisplay(IReadOnlyDictionary<string, object> data, string displayId) => InOrder(() => sink.UpdateDisplay(data, displayId));

    public void Result(IReadOnlyDictionary<string, object> data) => InOrder(() => sink.Result(data));

    public void Error(string name, string message, IReadOnlyList<string> traceback) => InOrder(() => sink.Error(name, message, traceback));

    public void ClearOutput(bool wait) => InOrder(() => sink.ClearOutput(wait));

    /// <summary>Waits outside the lock: other threads of the cell may go on printing.</summary>
    public string? ReadLine(string prompt, bool isPassword)
    {
        Flush();
        return sink.ReadLine(prompt, isPassword);
    }

    /// <summary>Hands on what was printed so far.</summary>
    public void Flush() => InOrder(() => { });

    private void InOrder(Action call)
    {
        lock (_gate)
        {
            FlushLocked();
            call();
        }
    }

    private void FlushLocked()
    {
        _timer?.Dispose();
        _timer = null;
        if (_text.Length == 0) return;
        var text = _text.ToString();
        _text.Clear();
        sink.Stream(_name, text);
    }
}
