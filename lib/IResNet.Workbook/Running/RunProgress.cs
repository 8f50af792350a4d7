using System.Diagnostics;
using System.Globalization;

namespace IResNet.Workbook.Running;

/// <summary>
/// Shows on the console how a run comes along. Made before the engine, which takes <see cref="Console"/> for the cells.
/// </summary>
internal abstract class RunProgress : IDisposable
{
    private const int FailureLines = 20;
    private const int LineLength = 200;

    private readonly Stopwatch _run = Stopwatch.StartNew();
    private readonly Stopwatch _cell = new();
    private readonly Lock _lock = new();
    private readonly Timer _timer;
    private TimeSpan? _remainingAtStart;
    private volatile string _lastLine = "";

    /// <param name="interval">How often to show that a cell is alive.</param>
    protected RunProgress(TimeSpan interval) =>
        _timer = new Timer(
            _ =>
                Locked(() =>
                {
                    if (_cell.IsRunning)
                        ShowAlive();
                }),
            null,
            interval,
            interval
        );

    /// <summary>The right one for the console: live on a terminal, plain lines elsewhere.</summary>
    public static RunProgress ForConsole() =>
        Console.IsOutputRedirected ? new PlainProgress(Console.Out) : new TerminalProgress(Console.Out);

    /// <summary>The cell's place among those that run and what it is, as <c>[ 3/18] Train the model</c>.</summary>
    protected string Title { get; private set; } = "";

    protected TimeSpan CellElapsed => _cell.Elapsed;

    /// <summary>Elapsed and remaining time of the run.</summary>
    protected string Times =>
        _remainingAtStart - _cell.Elapsed is { TotalSeconds: > 1 } left
            ? $"{Durations.Text(_run.Elapsed)}, about {Durations.Text(left)} left"
            : Durations.Text(_run.Elapsed);

    /// <summary>The last line that the cell printed; empty where it printed none.</summary>
    protected string LastLine => _lastLine;

    public void CellStarted(int number, int count, string label, TimeSpan? remaining) =>
        Locked(() =>
        {
            Title = $"[{Text(number).PadLeft(Text(count).Length)}/{count}] {label}";
            _remainingAtStart = remaining;
            _lastLine = "";
            _cell.Restart();
            ShowStarted();
        });

    /// <param name="failure">What to show of a failure; empty where the cell did what it should.</param>
    public void CellEnded(IReadOnlyList<string> failure) =>
        Locked(() =>
        {
            _cell.Stop();
            ShowEnded(good: failure.Count == 0);
            foreach (string? line in failure.Take(FailureLines))
                ShowFailure(line);
        });

    /// <summary>Takes what a cell printed, from any thread; of its last line, no more than a console shows.</summary>
    public void Hear(string text)
    {
        var printed = text.AsSpan().TrimEnd();
        var line = printed[(printed.LastIndexOfAny('\n', '\r') + 1)..].Trim();
        if (line.Length > 0)
            _lastLine = Html.TerminalText.Plain(line[..Math.Min(line.Length, LineLength)].ToString());
    }

    public virtual void Dispose()
    {
        using var stopped = new ManualResetEvent(false);
        if (_timer.Dispose(stopped))
            stopped.WaitOne();
        GC.SuppressFinalize(this);
    }

    protected abstract void ShowStarted();

    protected abstract void ShowAlive();

    protected abstract void ShowEnded(bool good);

    protected abstract void ShowFailure(string line);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private void Locked(Action show)
    {
        lock (_lock)
            show();
    }
}
