namespace IResNet.Workbook.Running;

/// <summary>
/// Progress as lines, for logs: one for each cell, and for long cells now and then what they printed last.
/// </summary>
internal sealed class PlainProgress(TextWriter console) : RunProgress(TimeSpan.FromSeconds(2))
{
    /// <summary>How long a cell may be silent before a line says that it still runs.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(20);

    private const string Indent = "        ";

    private string _shown = "";
    private TimeSpan _shownAt;

    protected override void ShowStarted()
    {
        (_shown, _shownAt) = ("", TimeSpan.Zero);
        WriteLine($"{Title}  ({Times})");
    }

    protected override void ShowAlive()
    {
        if (LastLine != _shown)
            WriteLine(Indent + LastLine);
        else if (CellElapsed - _shownAt >= Silence)
            WriteLine($"{Indent}running for {Durations.Text(CellElapsed)} ({Times})");
        else
            return;
        (_shown, _shownAt) = (LastLine, CellElapsed);
    }

    protected override void ShowEnded(bool good)
    {
        if (LastLine != _shown)
            WriteLine(Indent + LastLine);
        if (!good || CellElapsed.TotalSeconds >= 1)
            WriteLine($"{Indent}{(good ? "done in" : "failed after")} {Durations.Text(CellElapsed)}");
    }

    protected override void ShowFailure(string line) => WriteLine(Indent + line);

    private void WriteLine(string line)
    {
        console.WriteLine(line);
        console.Flush();
    }
}
