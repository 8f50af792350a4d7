using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace IResNet.Tests.Programs.Experiments;

/// <summary>
/// An HTTP server on 127.0.0.1 whose answers a test writes byte by byte, so that it can be as wrong as real ones are.
/// </summary>
internal sealed class LocalServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    /// <param name="answer">Writes the answer to a request; the connection is closed afterwards.</param>
    public LocalServer(Func<Request, Task> answer)
    {
        _listener.Start();
        _loop = Task.Run(async () =>
        {
            while (!_stop.IsCancellationRequested)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                await using var stream = client.GetStream();
                using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                var lines = new List<string>();
                while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 } line)
                    lines.Add(line);
                if (lines.Count == 0)
                    continue;
                var request = new Request(
                    lines[0].Split(' ')[1],
                    lines.Find(l => l.StartsWith("Range: bytes=")) is { } range
                        ? long.Parse(range["Range: bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture)
                        : null,
                    stream,
                    _stop.Token
                );
                Requests.Add(request);
                try
                {
                    await answer(request);
                }
                catch (IOException)
                {
                    // the client has hung up, as it should on a wrong answer
                }
            }
        });
    }

    public List<Request> Requests { get; } = [];

    public Uri Address(string path) => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/{path}");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        try
        {
            await _loop;
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException) { }
        _stop.Dispose();
    }

    /// <param name="Path">The path asked for.</param>
    /// <param name="From">The first byte asked for, when a range is.</param>
    /// <param name="Stream">Takes the answer.</param>
    /// <param name="Stop">The server is being stopped.</param>
    public sealed record Request(string Path, long? From, Stream Stream, CancellationToken Stop)
    {
        /// <summary>Writes status line and headers.</summary>
        public async Task Head(string status, params string[] headers) =>
            await Stream.WriteAsync(
                Encoding.ASCII.GetBytes(
                    $"HTTP/1.1 {status}\r\nConnection: close\r\n{string.Concat(headers.Select(h => h + "\r\n"))}\r\n"
                ),
                Stop
            );

        /// <summary>Answers as a good server does, ranges included.</summary>
        public async Task Serve(byte[] content, string type = "application/gzip")
        {
            if (From >= content.Length)
                await Head(
                    "416 Range Not Satisfiable",
                    $"Content-Range: bytes */{content.Length}",
                    "Content-Length: 0"
                );
            else if (From is { } start)
            {
                await Head(
                    "206 Partial Content",
                    $"Content-Type: {type}",
                    $"Content-Length: {content.Length - start}",
                    $"Content-Range: bytes {start}-{content.Length - 1}/{content.Length}"
                );
                await Stream.WriteAsync(content.AsMemory((int)start), Stop);
            }
            else
            {
                await Head("200 OK", $"Content-Type: {type}", $"Content-Length: {content.Length}");
                await Stream.WriteAsync(content, Stop);
            }
        }
    }
}
