using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using NotebookEngine;

namespace IResNet.Workbook.Jupyter;

/// <summary>A cell's outputs, published as answers to its request; those of a silent request are dropped.</summary>
internal sealed class JupyterSink(
    KernelSockets sockets,
    JupyterMessage request,
    int executionCount,
    BlockingCollection<JupyterMessage> inputReplies
) : ICellSink
{
    private readonly bool _silent = request.Flag("silent", otherwise: false);

    public void Stream(StreamName name, string text) =>
        Publish(
            "stream",
            new JsonObject { ["name"] = name == StreamName.Stdout ? "stdout" : "stderr", ["text"] = text }
        );

    public void Display(IReadOnlyDictionary<string, object> data, string? displayId) =>
        Publish("display_data", Displayed(data, displayId));

    public void UpdateDisplay(IReadOnlyDictionary<string, object> data, string displayId) =>
        Publish("update_display_data", Displayed(data, displayId));

    public void Result(IReadOnlyDictionary<string, object> data) =>
        Publish(
            "execute_result",
            new JsonObject
            {
                ["execution_count"] = executionCount,
                ["data"] = Data(data),
                ["metadata"] = new JsonObject(),
            }
        );

    public void Error(string name, string message, IReadOnlyList<string> traceback) =>
        Publish(
            "error",
            new JsonObject
            {
                ["ename"] = name,
                ["evalue"] = message,
                ["traceback"] = new JsonArray([.. traceback.Select(l => (JsonNode)l)]),
            }
        );

    public void ClearOutput(bool wait) => Publish("clear_output", new JsonObject { ["wait"] = wait });

    /// <summary>Waits for the client that sent the cell; an interrupt of the cell ends the wait.</summary>
    public string? ReadLine(string prompt, bool isPassword)
    {
        if (!request.Flag("allow_stdin", otherwise: false))
            return null;
        while (inputReplies.TryTake(out _))
        {
            // An answer to a question that was given up.
        }
        sockets.Ask(request, new JsonObject { ["prompt"] = prompt, ["password"] = isPassword });
        return inputReplies.Take().Text("value");
    }

    /// <summary>MIME types to JSON: texts as they are, JSON types as nodes.</summary>
    public static JsonObject Data(IReadOnlyDictionary<string, object> data) =>
        new(
            data.Select(d =>
                KeyValuePair.Create(d.Key, d.Value is JsonNode node ? node.DeepClone() : (JsonNode?)d.Value.ToString())
            )
        );

    private static JsonObject Displayed(IReadOnlyDictionary<string, object> data, string? displayId) =>
        new()
        {
            ["data"] = Data(data),
            ["metadata"] = new JsonObject(),
            ["transient"] = displayId is null ? new JsonObject() : new JsonObject { ["display_id"] = displayId },
        };

    private void Publish(string type, JsonObject content)
    {
        if (!_silent)
            sockets.Publish(type, request, content);
    }
}
