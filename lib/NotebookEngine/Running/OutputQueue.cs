using System.Diagnostics;
using System.Text;

namespace NotebookEngine.Running;

/// <summary>
/// Outputs on their way from cells to sinks, in order. A thread of its own hands them over: the cells' thread may be
/// aborted at any moment, and a sink that writes to a file or a socket must not be. Printed text is gathered on the
/// way, lest a hundred thousand small prints become as many messages; a cell that prints faster than its sink takes is
/// held up.
/// </summary>
internal sealed class OutputQueue : IDisposable
{
    private const int BatchMilliseconds = 40;
    private const int BatchCharacters = 32 * 1024;
    private const int Capacity = 256;
    private static readonly TimeSpan ExitPatience = TimeSpan.FromSeconds(1);

    private readonly object _gate = new();
    private readonly Queue<Entry> _entries = new();
    private Entry? _openText;
    private Exception? _failure;
    private bool _closed;

    public OutputQueue()
    {
        new Thread(Loop) { IsBackground = true, Name = "outputs" }.Start();
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
    }

    /// <summary>Queues a call of a sink.</summary>
    public void Add(Action call) =>
        Interruption.Shelter(() =>
        {
            lock (_gate)
            {
                AwaitRoom();
                Append(new Entry(call));
                _openText = null;
            }
        });

    /// <summary>Queues printed text, joined to what its sink is still to get from the same stream.</summary>
    public void AddText(ICellSink sink, StreamName name, string text) =>
        Interruption.Shelter(() =>
        {
            lock (_gate)
            {
                if (_openText is not { Text.Length: < BatchCharacters } open || open.Sink != sink || open.Name != name)
                {
                    AwaitRoom();
                    Append(_openText = open = new Entry(sink, name));
                }
                open.Text!.Append(text);
                if (open.Text.Length >= BatchCharacters)
                    Monitor.PulseAll(_gate);
            }
        });

    /// <summary>Completes when all that was queued so far has been handed over.</summary>
    /// <remarks>What a sink threw is thrown by the first flush after it.</remarks>
    public Task FlushAsync()
    {
        var flushed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Add(() =>
        {
            if (Interlocked.Exchange(ref _failure, null) is { } failure)
                flushed.SetException(failure);
            else
                flushed.SetResult();
        });
        return flushed.Task;
    }

    /// <summary>Takes nothing more; what is queued is still handed over.</summary>
    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>A cell that calls <see cref="Environment.Exit"/> has its prints handed over first.</summary>
    private void OnProcessExit(object? sender, EventArgs e)
    {
        try
        {
            FlushAsync().Wait(ExitPatience);
        }
        catch (Exception failure) when (failure is AggregateException or OperationCanceledException)
        {
            // The sink failed, or the cell was interrupted: nobody is left to hear of it.
        }
    }

    private void AwaitRoom()
    {
        while (_entries.Count >= Capacity && !_closed)
            Monitor.Wait(_gate);
    }

    private void Append(Entry entry)
    {
        if (_closed)
            return;
        _entries.Enqueue(entry);
        Monitor.PulseAll(_gate);
    }

    private void Loop()
    {
        while (Next() is { } entry)
        {
            try
            {
                entry.HandOver();
            }
            catch (Exception e)
            {
                _failure ??= e;
            }
        }
    }

    /// <summary>
    /// Waits for the next entry, a text until it is old or long enough or something follows it; null at the end.
    /// </summary>
    private Entry? Next()
    {
        lock (_gate)
        {
            while (true)
            {
                if (_entries.Count == 0 && _closed)
                    return null;
                int wait = Timeout.Infinite;
                if (_entries.TryPeek(out var head))
                {
                    wait = BatchMilliseconds - (int)head.Age.TotalMilliseconds;
                    if (
                        head != _openText
                        || head.Text!.Length >= BatchCharacters
                        || _entries.Count > 1
                        || _closed
                        || wait <= 0
                    )
                        break;
                }
                Monitor.Wait(_gate, wait);
            }
            var next = _entries.Dequeue();
            if (next == _openText)
                _openText = null;
            Monitor.PulseAll(_gate);
            return next;
        }
    }

    /// <summary>A call, or a text that still grows.</summary>
    private sealed class Entry
    {
        private readonly Action? _call;
        private readonly long _since = Stopwatch.GetTimestamp();

        public Entry(Action call) => _call = call;

        public Entry(ICellSink sink, StreamName name) => (Sink, Name, Text) = (sink, name, new StringBuilder());

        public ICellSink? Sink { get; }

        public StreamName Name { get; }

        public StringBuilder? Text { get; }

        public TimeSpan Age => Stopwatch.GetElapsedTime(_since);

        public void HandOver()
        {
            if (_call is not null)
                _call();
            else
                Sink!.Stream(Name, Text!.ToString());
        }
    }
}
