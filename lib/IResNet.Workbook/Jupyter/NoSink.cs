using NotebookEngine;

namespace IResNet.Workbook.Jupyter;

/// <summary>Drops all outputs.</summary>
internal sealed class NoSink : ICellSink
{
    public void Stream(StreamName name, string text) { }

    public void Display(IReadOnlyDictionary<string, object> data, string? displayId) { }

    public void UpdateDisplay(IReadOnlyDictionary<string, object> data, string displayId) { }

    public void Result(IReadOnlyDictionary<string, object> data) { }

    public void Error(string name, string message, IReadOnlyList<string> traceback) { }

    public void ClearOutput(bool wait) { }

    public string? ReadLine(string prompt, bool isPassword) => null;
}
