using Spectre.Console;

namespace IResNet.Workbook.Running;

/// <summary>Progress on a terminal: a line for each cell that has run, and a live one for the cell that runs.</summary>
internal sealed class TerminalProgress : RunProgress
{
    private readonly IAnsiConsole _console;
    private readonly TaskCompletionSource _finished = new();
    private readonly TaskCompletionSource<StatusContext> _status = new();
    private readonly Task _live;

    public TerminalProgress(TextWriter console)
        : base(TimeSpan.FromMilliseconds(250))
    {
        _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(console) });
        _live = _console.Status().Spinner(Spinner.Known.Dots).StartAsync("", status =>
        {
            _status.SetResult(status);
            return _finished.Task;
        });
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
        var width = Math.Max(20, _console.Profile.Width - 6);
        var last = LastLine.Length > width ? LastLine[..width] : LastLine;
        _status.Task.Result.Status($"{Markup.Escape(Title)} [grey]· {Times}[/]" + (last.Length > 0 ? $"\n  [grey]{Markup.Escape(last)}[/]" : ""));
    }

    protected override void ShowEnded(bool good) =>
        _console.MarkupLine($"{(good ? "[green]✓[/]" : "[red]✗[/]")} {Markup.Escape(Title)} [grey]{Durations.Text(CellElapsed)}[/]");

    protected override void ShowFailure(string line) => _console.MarkupLine($"  [red]{Markup.Escape(line)}[/]");
}
