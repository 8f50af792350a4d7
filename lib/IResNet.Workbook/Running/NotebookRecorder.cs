using System.Text.Json;
using System.Text.Json.Nodes;
using IResNet.Workbook.Jupyter;
using IResNet.Workbook.Notebooks;
using NotebookEngine;

namespace IResNet.Workbook.Running;

/// <summary>
/// Writes what cells put out into the notebook, as a frontend would: consecutive prints become one stream output, an
/// update changes every output with its display id, in whichever cell. Outputs may come from any thread, also after
/// their cell has ended.
/// </summary>
/// <param name="notebook">The notebook that is run; from here on touched through the recorder only.</param>
/// <param name="path">Where it is saved.</param>
/// <param name="listener">Hears each printed text and each text of a changed display, to show that the cell is
/// alive.</param>
internal sealed class NotebookRecorder(Notebook notebook, string path, Action<string> listener)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<DisplayOutput>> _displays = [];

    /// <summary>Saves the notebook as it is now.</summary>
    public void Save()
    {
        string json;
        lock (_lock)
            json = notebook.ToJson();
        AtomicFile.WriteAllText(path, json);
    }

    /// <summary>Where a cell's outputs go. What it had put out before is removed.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="executionCount">Its number.</param>
    /// <param name="journal">Is told of the outputs before they come here; null for none.</param>
    public IJournaledSink Begin(Cell cell, int executionCount, ICellSink? journal = null)
    {
        lock (_lock)
        {
            cell.Outputs.Clear();
            cell.ExecutionCount = executionCount;
        }

        return new Sink(this, cell, journal ?? new NoSink());
    }

    private sealed class Sink(NotebookRecorder recorder, Cell cell, ICellSink journal) : IJournaledSink
    {
        private bool _clearWithNext;

        public ICellSink Journal => journal;

        public void Stream(StreamName name, string text)
        {
            string stream = name == StreamName.Stderr ? "stderr" : "stdout";
            lock (recorder._lock)
            {
                ClearIfAsked();
                if (cell.Outputs.LastOrDefault() is StreamOutput last && last.Name == stream)
                    last.Append(text);
                else
                    cell.Outputs.Add(new StreamOutput(stream, text));
            }

            recorder.Hear(text);
        }

        public void Display(IReadOnlyDictionary<string, object> data, string? displayId)
        {
            var output = new DisplayOutput(Bundle(data));
            lock (recorder._lock)
            {
                if (displayId is not null)
                {
                    recorder.Replace(displayId, data);
                    recorder._displays.TryAdd(displayId, []);
                    recorder._displays[displayId].Add(output);
                }

                Add(output);
            }
        }

        public void UpdateDisplay(IReadOnlyDictionary<string, object> data, string displayId)
        {
            lock (recorder._lock)
                recorder.Replace(displayId, data);
            // A progress line says how far the cell is; the text of a chart only what it is.
            if (!data.ContainsKey("image/png") && data.TryGetValue("text/plain", out object? text))
                recorder.Hear(text as string ?? "");
        }

        public void Result(IReadOnlyDictionary<string, object> data)
        {
            lock (recorder._lock)
                Add(new DisplayOutput(Bundle(data)) { IsResult = true, ExecutionCount = cell.ExecutionCount });
        }

        public void Error(string name, string message, IReadOnlyList<string> traceback)
        {
            lock (recorder._lock)
                Add(new ErrorOutput(name, message, traceback));
        }

        public void ClearOutput(bool wait)
        {
            lock (recorder._lock)
            {
                _clearWithNext = true;
                if (!wait)
                    ClearIfAsked();
            }
        }

        /// <summary>Nobody is there to answer.</summary>
        public string? ReadLine(string prompt, bool isPassword) => null;

        private void Add(Output output)
        {
            ClearIfAsked();
            cell.Outputs.Add(output);
        }

        private void ClearIfAsked()
        {
            if (_clearWithNext)
                cell.Outputs.Clear();
            _clearWithNext = false;
        }
    }

    private void Replace(string displayId, IReadOnlyDictionary<string, object> data)
    {
        foreach (var output in _displays.GetValueOrDefault(displayId) ?? [])
            output.Data = Bundle(data);
    }

    private void Hear(string text)
    {
        if (text.Length > 0)
            listener(text);
    }

    /// <summary>MIME types to JSON: texts as they are, JSON types as nodes.</summary>
    public static JsonObject Bundle(IReadOnlyDictionary<string, object> data) =>
        new(
            data.Select(item =>
                KeyValuePair.Create(
                    item.Key,
                    item.Value is JsonNode node ? node.DeepClone() : JsonSerializer.SerializeToNode(item.Value)
                )
            )
        );
}
