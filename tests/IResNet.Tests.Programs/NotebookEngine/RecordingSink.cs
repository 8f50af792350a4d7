using NotebookEngine;

namespace IResNet.Tests.Programs.NotebookEngine;

/// <summary>Keeps what a cell shows, as lines that say what came in which order.</summary>
internal sealed class RecordingSink : ICellSink
{
    private readonly Lock _gate = new();
    private readonly List<string> _events = [];

    public string? Answer { get; init; }

    public bool Fails { get; init; }

    public List<IReadOnlyDictionary<string, object>> Results { get; } = [];

    public List<(IReadOnlyDictionary<string, object> Data, string? Id)> Displays { get; } = [];

    public List<(IReadOnlyDictionary<string, object> Data, string Id)> Updates { get; } = [];

    public List<IReadOnlyList<string>> Tracebacks { get; } = [];

    public IReadOnlyList<string> Events
    {
        get
        {
            lock (_gate)
                return [.. _events];
        }
    }

    public string Printed => Text("stdout:");

    public string PrintedErrors => Text("stderr:");

    public void Stream(StreamName name, string text) =>
        Add(name == StreamName.Stdout ? "stdout:" + text : "stderr:" + text);

    public void Display(IReadOnlyDictionary<string, object> data, string? displayId)
    {
        Displays.Add((data, displayId));
        Add("display");
    }

    public void UpdateDisplay(IReadOnlyDictionary<string, object> data, string displayId)
    {
        Updates.Add((data, displayId));
        Add("update");
    }

    public void Result(IReadOnlyDictionary<string, object> data)
    {
        Results.Add(data);
        Add("result");
    }

    public void Error(string name, string message, IReadOnlyList<string> traceback)
    {
        Tracebacks.Add(traceback);
        Add($"error:{name}");
    }

    public void ClearOutput(bool wait) => Add(wait ? "clear:wait" : "clear");

    public string? ReadLine(string prompt, bool isPassword)
    {
        Add($"ask:{prompt}:{isPassword}");
        return Answer;
    }

    private void Add(string what)
    {
        if (Fails)
            throw new IOException("the disk is full");
        lock (_gate)
            _events.Add(what);
    }

    private string Text(string stream) =>
        string.Concat(
            Events.Where(e => e.StartsWith(stream, StringComparison.Ordinal)).Select(e => e[stream.Length..])
        );
}
