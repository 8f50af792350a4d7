using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NotebookEngine;

namespace IResNet.Workbook.Running;

/// <summary>
/// What the running cell has shown so far, a line of JSON an output, written at once: should the cell end the process,
/// its parent puts it into the notebook.
/// </summary>
internal sealed class CellJournal : ICellSink, IDisposable
{
    private static readonly byte[] NewLine = "\n"u8.ToArray();

    private readonly Lock _lock = new();
    private readonly string _path;
    private FileStream? _file;

    /// <summary>Begins the journal of a cell of an output notebook.</summary>
    public CellJournal(string notebookPath)
    {
        _path = PathFor(notebookPath);
        _file = new FileStream(_path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
    }

    public static string PathFor(string notebookPath) => Path.ChangeExtension(notebookPath, ".journal");

    /// <summary>Tells a sink what the journal beside an output notebook holds.</summary>
    public static void Replay(string notebookPath, ICellSink sink)
    {
        if (!File.Exists(PathFor(notebookPath)))
            return;
        foreach (string line in File.ReadLines(PathFor(notebookPath), Encoding.UTF8))
        {
            try
            {
                Replay(JsonNode.Parse(line)!.AsObject(), sink);
            }
            catch (JsonException)
            {
                return; // the process ended while it wrote
            }
        }
    }

    public void Stream(StreamName name, string text) =>
        Write(new JsonObject { ["stream"] = name == StreamName.Stderr ? "stderr" : "stdout", ["text"] = text });

    public void Display(IReadOnlyDictionary<string, object> data, string? displayId) =>
        Write(new JsonObject { ["display"] = NotebookRecorder.Bundle(data), ["id"] = displayId });

    public void UpdateDisplay(IReadOnlyDictionary<string, object> data, string displayId) =>
        Write(new JsonObject { ["update"] = NotebookRecorder.Bundle(data), ["id"] = displayId });

    public void ClearOutput(bool wait) => Write(new JsonObject { ["clear"] = wait });

    public void Result(IReadOnlyDictionary<string, object> data) { }

    public void Error(string name, string message, IReadOnlyList<string> traceback) { }

    public string? ReadLine(string prompt, bool isPassword) => null;

    /// <summary>The cell has ended and its outputs are in the notebook: nothing is left to tell.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _file?.Dispose();
            _file = null;
        }

        File.Delete(_path);
    }

    private void Write(JsonObject output)
    {
        lock (_lock)
        {
            try
            {
                _file?.Write([.. Encoding.UTF8.GetBytes(output.ToJsonString()), .. NewLine]);
            }
            catch (IOException)
            {
                // A full disk is told where the notebook is saved.
                _file?.Dispose();
                _file = null;
            }
        }
    }

    private static void Replay(JsonObject output, ICellSink sink)
    {
        if (output["stream"] is { } stream)
            sink.Stream(
                (string?)stream == "stderr" ? StreamName.Stderr : StreamName.Stdout,
                (string?)output["text"] ?? ""
            );
        else if (output["display"] is JsonObject shown)
            sink.Display(Data(shown), (string?)output["id"]);
        else if (output["update"] is JsonObject update)
            sink.UpdateDisplay(Data(update), (string?)output["id"] ?? "");
        else if (output["clear"] is { } wait)
            sink.ClearOutput((bool)wait);
    }

    private static Dictionary<string, object> Data(JsonObject bundle) =>
        bundle.Where(item => item.Value is not null).ToDictionary(item => item.Key, item => (object)item.Value!);
}
