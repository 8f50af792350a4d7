using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using NetMQ;
using NetMQ.Sockets;

namespace IResNet.Workbook.Jupyter;

/// <summary>
/// The five channels. NetMQ's sockets belong to one thread, the poller's; others send through a queue, which also keeps
/// the order across channels.
/// </summary>
internal sealed class KernelSockets : IDisposable
{
    /// <summary>
    /// The longest frame that is received; a longer one ends its connection before room is made for it, as anybody who
    /// can reach the port may announce one.
    /// </summary>
    private const long FrameLimit = 64 << 20;

    private readonly MessageCodec _codec;
    private readonly RouterSocket _shell = new();
    private readonly RouterSocket _control = new();
    private readonly RouterSocket _stdin = new();
    private readonly RouterSocket _heartbeat = new();
    private readonly PublisherSocket _ioPub = new();
    private readonly NetMQQueue<(NetMQSocket Socket, NetMQMessage Message)> _outgoing = new();
    private readonly NetMQPoller _poller;
    private readonly Lock _gate = new();
    private bool _closed;

    /// <summary>Binds the channels; nothing is received before <see cref="Start"/>.</summary>
    /// <exception cref="InvalidDataException">An address cannot be bound.</exception>
    public KernelSockets(ConnectionInfo connection)
    {
        _codec = new MessageCodec(connection.Key);
        _poller = new NetMQPoller { _shell, _control, _stdin, _heartbeat, _outgoing };
        foreach (
            var (socket, port) in new (NetMQSocket, int)[]
            {
                (_shell, connection.ShellPort),
                (_control, connection.ControlPort),
                (_stdin, connection.StdinPort),
                (_heartbeat, connection.HeartbeatPort),
                (_ioPub, connection.IoPubPort),
            }
        )
        {
            // No limit: a message that is dropped when a client is slow would be an output lost.
            socket.Options.SendHighWatermark = 0;
            socket.Options.ReceiveHighWatermark = 0;
            socket.Options.MaxMsgSize = FrameLimit;
            socket.Options.Linger = TimeSpan.FromSeconds(1);
            Bind(socket, connection.Address(port));
        }
        _heartbeat.ReceiveReady += (_, e) => e.Socket.SendMultipartMessage(e.Socket.ReceiveMultipartMessage());
        _outgoing.ReceiveReady += (_, e) =>
        {
            while (e.Queue.TryDequeue(out var next, TimeSpan.Zero))
                next.Socket.SendMultipartMessage(next.Message);
        };
    }

    /// <summary>Receives from here on; the handlers run on the poller's thread and must not block.</summary>
    public void Start(Action<JupyterMessage> onShell, Action<JupyterMessage> onControl, Action<JupyterMessage> onStdin)
    {
        Listen(_shell, onShell);
        Listen(_control, onControl);
        Listen(_stdin, onStdin);
        _poller.RunAsync("jupyter");
    }

    public void Reply(JupyterMessage request, bool onControl, JsonObject content)
    {
        string type = request.Type.Replace("_request", "_reply", StringComparison.Ordinal);
        Send(onControl ? _control : _shell, _codec.Encode(request.Identities, type, request.Header, content));
    }

    public void Publish(string type, JupyterMessage? parent, JsonObject content) =>
        Send(_ioPub, _codec.Encode([Encoding.UTF8.GetBytes(type)], type, parent?.Header, content));

    public void Ask(JupyterMessage request, JsonObject content) =>
        Send(_stdin, _codec.Encode(request.Identities, "input_request", request.Header, content));

    /// <summary>
    /// Sends what is queued, waits a moment for it to leave, and closes. What a cell sends later is dropped.
    /// </summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
        }
        using var sent = new ManualResetEventSlim();
        _poller.Run(sent.Set); // after what was enqueued before
        sent.Wait(TimeSpan.FromSeconds(1));
        _poller.Dispose();
        foreach (var socket in new NetMQSocket[] { _shell, _control, _stdin, _heartbeat, _ioPub })
            socket.Dispose();
        _outgoing.Dispose();
        NetMQConfig.Cleanup(block: true);
    }

    private void Send(NetMQSocket socket, NetMQMessage message)
    {
        lock (_gate)
            if (!_closed)
                _outgoing.Enqueue((socket, message));
    }

    private static void Bind(NetMQSocket socket, string address)
    {
        try
        {
            socket.Bind(address);
        }
        catch (Exception e) when (e is NetMQException or ArgumentException or FormatException or SocketException)
        {
            throw new InvalidDataException(
                $"The address {address} of the connection file cannot be bound: {e.Message}",
                e
            );
        }
    }

    private void Listen(RouterSocket socket, Action<JupyterMessage> handle) =>
        socket.ReceiveReady += (_, e) =>
        {
            if (_codec.Decode(e.Socket.ReceiveMultipartMessage()) is { } message)
                handle(message);
        };
}
