using System.Diagnostics;
using System.Globalization;

namespace IResNet.Experiments.Training;

/// <summary>
/// Plain lines: a step every few seconds, and everything else as it comes. For logs, notebooks and terminals alike.
/// </summary>
/// <param name="writer">Where to; the console by default.</param>
/// <param name="every">Least time between two steps' lines; two seconds by default.</param>
public sealed class ConsoleSink(TextWriter? writer = null, TimeSpan? every = null) : ITrainingSink
{
    private readonly TextWriter _writer = writer ?? Console.Out;
    private readonly TimeSpan _every = every ?? TimeSpan.FromSeconds(2);
    private long _written;

    /// <inheritdoc/>
    public void On(TrainingEvent happened)
    {
        if (happened is StepEvent step)
        {
            if (step.Step != step.TotalSteps && _written != 0 && Stopwatch.GetElapsedTime(_written) < _every)
                return;
            _written = Stopwatch.GetTimestamp();
        }
        _writer.WriteLine(Line(happened));
    }

    /// <summary>An event in one line.</summary>
    public static string Line(TrainingEvent happened) =>
        happened switch
        {
            StepEvent s => string.Create(
                CultureInfo.InvariantCulture,
                $"step {s.Step}{(s.TotalSteps is { } total ? $"/{total}" : "")}  loss {s.Loss:F4}  "
                    + $"{s.ExamplesPerSecond:F0}/s  {s.MemoryBytes / 1e6:F0} MB"
                    + $"{(s.Remaining is { } left ? $"  {Short(left)} left" : "")}{(s.Skipped ? "  (skipped)" : "")}"
            ),
            EvaluationEvent e => string.Create(
                CultureInfo.InvariantCulture,
                $"step {e.Step}  {e.Result}  ({e.Seconds:F1} s)"
            ),
            MessageEvent m => $"step {m.Step}  {m.Text}",
            _ => happened.ToString(),
        };

    /// <summary>A duration for people.</summary>
    internal static string Short(TimeSpan time) =>
        time.TotalHours >= 1 ? $"{(int)time.TotalHours} h {time.Minutes:00} min"
        : time.TotalMinutes >= 1 ? $"{time.Minutes} min {time.Seconds:00} s"
        : $"{time.Seconds} s";
}
