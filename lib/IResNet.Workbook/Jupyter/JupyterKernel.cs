using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using NotebookEngine;

namespace IResNet.Workbook.Jupyter;

/// <summary>
/// The kernel: cells and questions about code in the order in which they come on the shell channel, interrupts and the
/// end at any time on the control channel. Ends by <c>shutdown_request</c>, SIGTERM, or when the process that started
/// it is gone.
/// </summary>
internal sealed class JupyterKernel
{
    private readonly KernelSockets _sockets;
    private readonly ShellHandler _shell;
    private readonly BlockingCollection<JupyterMessage> _requests = [];
    private readonly BlockingCollection<JupyterMessage> _inputReplies = [];
    private readonly ManualResetEventSlim _stop = new();

    private JupyterKernel(KernelSockets sockets, ScriptEngine engine)
    {
        _sockets = sockets;
        _shell = new ShellHandler(engine, sockets, _inputReplies);
    }

    /// <summary>Runs a kernel to its end.</summary>
    /// <exception cref="InvalidDataException">The connection file is not one, or an address that it names cannot be
    /// bound.</exception>
    /// <exception cref="IOException">The connection file cannot be read.</exception>
    public static void Run(string connectionFile)
    {
        using var sockets = new KernelSockets(ConnectionInfo.Read(connectionFile));
        using var engine = NotebookHost.CreateEngine(Directory.GetCurrentDirectory());
        // A cell may call Environment.Exit: what it printed, which the engine hands over first, is still sent.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => sockets.Dispose();
        new JupyterKernel(sockets, engine).Run();
    }

    private void Run()
    {
        // Ctrl-C in a terminal reaches the kernel as well as the frontend: it must stop the cell, not the process.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            signal.Cancel = true;
            _shell.Interrupt();
        });
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            _stop.Set();
        });
        ParentWatch.Start(_stop.Set);
        _sockets.Publish("status", null, new JsonObject { ["execution_state"] = "starting" });
        _sockets.Start(_requests.Add, OnControl, OnStdin);
        new Thread(Serve) { IsBackground = true, Name = "shell" }.Start();
        WarmUp.Start();
        _stop.Wait();
    }

    /// <summary>A kernel that could not answer any more must not seem to live.</summary>
    private void Serve()
    {
        try
        {
            HandleRequests();
        }
        catch (Exception e)
        {
            Environment.FailFast("The kernel can no longer answer requests.", e);
        }
    }

    private void HandleRequests()
    {
        foreach (var request in _requests.GetConsumingEnumerable())
        {
            foreach (var queued in Handle(request))
            {
                if (queued.Type == "execute_request")
                    Answer(queued, onControl: false, _ => Replies.Aborted());
                else
                    Answer(queued, onControl: false, _shell.Handle);
            }
        }
    }

    /// <summary>
    /// Answers a request. Where it was a cell that failed, returns what was sent along with it: its cells are not to be
    /// run. That is taken before the reply is sent, as who has read the reply sends the next cell knowingly.
    /// </summary>
    private List<JupyterMessage> Handle(JupyterMessage request)
    {
        var along = new List<JupyterMessage>();
        Answer(request, onControl: false, message =>
        {
            var reply = _shell.Handle(message);
            bool failed = message.Type == "execute_request" && (string?)reply?["status"] == "error";
            if (failed && message.Flag("stop_on_error", otherwise: true))
            {
                while (_requests.TryTake(out var queued))
                    along.Add(queued);
            }
            return reply;
        });
        return along;
    }

    private void OnControl(JupyterMessage request) => Answer(request, onControl: true, message =>
        {
            if (message.Type != "interrupt_request")
                return _shell.HandleAnywhere(message);
            _shell.Interrupt();
            return new JsonObject { ["status"] = "ok" };
        });

    private void OnStdin(JupyterMessage message)
    {
        if (message.Type == "input_reply")
            _inputReplies.Add(message);
    }

    /// <summary>
    /// Every request gets: busy, its reply, idle. What goes wrong with it is its sender's to know, and ends nothing.
    /// </summary>
    private void Answer(JupyterMessage request, bool onControl, Func<JupyterMessage, JsonObject?> handle)
    {
        _sockets.Publish("status", request, new JsonObject { ["execution_state"] = "busy" });
        JsonObject? reply;
        try
        {
            reply = handle(request);
        }
        catch (Exception e)
        {
            reply = Replies.Error(e.GetType().Name, ExceptionText.Message(e), [ExceptionText.Full(e)]);
        }
        if (reply is not null)
            _sockets.Reply(request, onControl, reply);
        _sockets.Publish("status", request, new JsonObject { ["execution_state"] = "idle" });
        if (request.Type == "shutdown_request")
            _stop.Set();
    }
}
