using Spectre.Console;

namespace IResNet.Workbook.Running;

/// <summary>Progress on a terminal: a line for each cell that has run, and a live one for the cell that runs.</summary>
internal sealed class TerminalProgress : RunProgress
{
    private readonly IAnsiConsole _console;
    private readonly TaskCompletionSource _finished = new();
    private readonly StatusContext _status;
    private readonly Task _live;

    public TerminalProgress(TextWriter console)
        : base(TimeSpan.FromMilliseconds(250))
    {
        _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(console) });
        var started = new TaskCompletionSource<StatusContext>();
        _live = _console
            .Status()
            .Spinner(Spinner.Known.Dots)
            .StartAsync("Starting", status =>
            {
                started.SetResult(status);
                return _finished.Task;
            });
        // The live line ends before it has begun only by an exception.
        if (Task.WhenAny(_live, started.Task).GetAwaiter().GetResult() == _live)
            _live.GetAwaiter().GetResult();
        _status = started.Task.Result;
    }

    public override void Dispose()
    {
        base.Dispose();
        _finished.TrySetResult();
        _live.GetAwaiter().GetResult();
    }

    protected override void ShowStarted() => ShowAlive();

    protected override void ShowAlive()
    {
        int width = Math.Max(20, _console.Profile.Width - 6);
        string last = LastLine.Length > width ? LastLine[..width] : LastLine;
        _status.Status(
            $"{Markup.Escape(Title)} [grey]· {Times}[/]"
                + (last.Length > 0 ? $"\n  [grey]{Markup.Escape(last)}[/]" : "")
        );
    }

    protected override void ShowEnded(bool good) =>
        _console.MarkupLine(
            $"{(good ? "[green]✓[/]" : "[red]✗[/]")} {Markup.Escape(Title)} [grey]{Durations.Text(CellElapsed)}[/]"
        );

    protected override void ShowFailure(string line) => _console.MarkupLine($"  [red]{Markup.Escape(line)}[/]");
}
