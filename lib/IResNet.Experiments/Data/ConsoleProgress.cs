using System.Diagnostics;

namespace IResNet.Experiments.Data;

/// <summary>
/// Writes <see cref="DataProgress"/> as text: one line that is overwritten on a terminal; elsewhere (log, notebook) a
/// line for each new activity and at most one every two seconds within it.
/// </summary>
/// <param name="writer">Where to; the console by default.</param>
/// <param name="terminal">Whether a carriage return goes back to the start of the line; found out by default.</param>
public sealed class ConsoleProgress(TextWriter? writer = null, bool? terminal = null) : IProgress<DataProgress>
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private readonly TextWriter _writer = writer ?? Console.Out;
    private readonly bool _terminal = terminal ?? !Console.IsOutputRedirected;
    private DataProgress _last;
    private long _written;
    private int _width;

    /// <inheritdoc/>
    public void Report(DataProgress value)
    {
        bool sameActivity = value.Activity == _last.Activity;
        _last = value;
        if (_terminal)
        {
            if (!sameActivity && _width > 0)
                _writer.WriteLine();
            string text = value.ToString();
            _writer.Write($"\r{text.PadRight(sameActivity ? _width : 0)}");
            _width = text.Length;
        }
        else if (!sameActivity || Stopwatch.GetElapsedTime(_written) > Pause)
        {
            _writer.WriteLine(value);
            _written = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>Ends an overwritten line.</summary>
    public void Done()
    {
        if (_width > 0)
            _writer.WriteLine();
        _width = 0;
    }
}
