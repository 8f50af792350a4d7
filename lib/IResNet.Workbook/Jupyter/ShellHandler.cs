using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using NotebookEngine;
using NotebookEngine.Formatting;

namespace IResNet.Workbook.Jupyter;

/// <summary>Answers the requests of the shell channel, one after the other.</summary>
internal sealed class ShellHandler(
    ScriptEngine engine,
    KernelSockets sockets,
    BlockingCollection<JupyterMessage> inputReplies
)
{
    private readonly InputHistory _history = new();
    private int _executionCount;
    private volatile CancellationTokenSource? _running;

    /// <summary>Interrupts the running cell, if any. From any thread.</summary>
    public void Interrupt() => _running?.Cancel();

    /// <returns>The reply; null where there is none to give.</returns>
    public JsonObject? Handle(JupyterMessage request)
    {
        string code = request.Text("code") ?? "";
        switch (request.Type)
        {
            case "execute_request":
                return Execute(request, code);
            case "complete_request":
                return Replies.Completions(code, engine.Language.Complete(code, Cursor(request, code)));
            case "inspect_request":
                return Replies.Inspection(engine.Language.Inspect(code, Cursor(request, code)));
            case "is_complete_request":
                return Replies.IsComplete(engine.Language.IsComplete(code), code);
            case "history_request":
                return new JsonObject { ["status"] = "ok", ["history"] = _history.Find(request) };
            case "comm_info_request":
                return new JsonObject { ["status"] = "ok", ["comms"] = new JsonObject() };
            case "comm_open":
                // No comm has a target here: closing it at once is the protocol's way of saying so.
                var close = new JsonObject { ["comm_id"] = request.Text("comm_id"), ["data"] = new JsonObject() };
                sockets.Publish("comm_close", request, close);
                return null;
            default:
                return HandleAnywhere(request);
        }
    }

    /// <summary>What may be asked on the control channel as well. Unknown types get no reply.</summary>
    public JsonObject? HandleAnywhere(JupyterMessage request) =>
        request.Type switch
        {
            "kernel_info_request" => Replies.KernelInfo(),
            "shutdown_request" => new JsonObject
            {
                ["status"] = "ok",
                ["restart"] = request.Flag("restart", otherwise: false),
            },
            _ => null,
        };

    private static int Cursor(JupyterMessage request, string code) =>
        CursorPosition.ToUtf16(code, request.Number("cursor_pos") ?? int.MaxValue);

    private JsonObject Execute(JupyterMessage request, string code)
    {
        bool silent = request.Flag("silent", otherwise: false);
        if (!silent && request.Flag("store_history", otherwise: true))
            _history.Add(++_executionCount, code);
        if (!silent)
            sockets.Publish(
                "execute_input",
                request,
                new JsonObject { ["code"] = code, ["execution_count"] = _executionCount }
            );

        var sink = new JupyterSink(sockets, request, _executionCount, inputReplies);
        var outcome = Run(code, sink, CellLanguage.OfCell(request.Metadata));
        var reply = outcome.Error is { } error
            ? Replies.Error(error.Name, error.Message, error.Traceback)
            : new JsonObject { ["status"] = "ok", ["user_expressions"] = Evaluate(request) };
        reply["execution_count"] = _executionCount;
        reply["payload"] = new JsonArray();
        return reply;
    }

    private CellOutcome Run(string code, ICellSink sink, string? language = null)
    {
        using var interrupt = new CancellationTokenSource();
        _running = interrupt;
        try
        {
            return engine.ExecuteAsync(code, sink, _executionCount, interrupt.Token, language).GetAwaiter().GetResult();
        }
        finally
        {
            _running = null;
        }
    }

    private JsonObject Evaluate(JupyterMessage request)
    {
        var results = new JsonObject();
        foreach (var (name, expression) in request.Content["user_expressions"] as JsonObject ?? [])
        {
            var outcome = Run(expression?.ToString() ?? "", new NoSink());
            results[name] = outcome.Error is { } error
                ? Replies.Error(error.Name, error.Message, error.Traceback)
                : new JsonObject
                {
                    ["status"] = "ok",
                    ["data"] = JupyterSink.Data(ValueFormatter.Format(outcome.Value)),
                    ["metadata"] = new JsonObject(),
                };
        }
        return results;
    }
}
