using System.Collections.Concurrent;
using System.Diagnostics;

namespace IResNet.Notebooks;

/// <summary>
/// A line chart that grows while a loop runs, updated where it stands. Adding is cheap and may be done from any thread:
/// drawing happens beside the loop, at most twice a second and at most a tenth of the time, and what was added last is
/// always shown in the end: after a moment's pause, when the cell ends, or by <see cref="Flush"/>. Made by
/// <see cref="Charts.Live"/>.
/// </summary>
public sealed class LiveFigure
{
    private const double LargestShare = 0.1;

    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(500);
    private static readonly ConcurrentDictionary<LiveFigure, bool> Unshown = new();

    private readonly Func<object, Action<object>> _show;
    private readonly string[] _names;
    private readonly Lock _adding = new();
    private readonly Lock _drawing = new();
    private readonly List<(string Name, List<double> X, List<double> Y)> _series = [];
    private Func<Figure, Figure> _style = figure => figure.WithX("step");
    private Action<object>? _update;
    private Timer? _timer;
    private bool _isScheduled;
    private long _drawnAt;
    private TimeSpan _drawingTime;

    /// <param name="show">Shows a value and returns what replaces it where it stands.</param>
    /// <param name="names">The series, in the order of the values that are added.</param>
    internal LiveFigure(Func<object, Action<object>> show, params string[] names) => (_show, _names) = (show, names);

    /// <summary>What has been added so far, as a chart.</summary>
    public Figure Figure
    {
        get
        {
            lock (_adding)
            {
                (string, Values, Values)[] lines =
                [
                    .. _series.Select(series => (series.Name, (Values)series.X, (Values)series.Y)),
                ];
                return _style(Charts.Lines(lines));
            }
        }
    }

    /// <summary>
    /// Says how the chart looks: <c>Charts.Live("loss").Styled(f => f.WithX("step").WithY("bits/dim", log: true))</c>.
    /// </summary>
    /// <returns>This chart.</returns>
    public LiveFigure Styled(Func<Figure, Figure> style)
    {
        ArgumentNullException.ThrowIfNull(style);
        lock (_adding)
            _style = style;
        return this;
    }

    /// <summary>Adds one value to each series.</summary>
    /// <param name="step">The place on the horizontal axis.</param>
    /// <param name="values">The values in the order of the names given to <see cref="Charts.Live"/>; one where none was
    /// given.</param>
    /// <exception cref="ArgumentException">There are not as many values as series.</exception>
    public void Add(double step, params double[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Length != Math.Max(1, _names.Length))
            throw new ArgumentException(
                $"{values.Length} values for {Math.Max(1, _names.Length)} series; they must be as many.",
                nameof(values)
            );
        Add(step, [.. values.Select((value, i) => (_names.ElementAtOrDefault(i) ?? "", value))]);
    }

    /// <summary>Adds one value to each of the named series; one that is new begins here.</summary>
    /// <param name="step">The place on the horizontal axis.</param>
    /// <param name="values">Names and values.</param>
    public void Add(double step, params (string Series, double Value)[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        bool isFirst;
        lock (_adding)
        {
            foreach (var (name, value) in values)
                Append(name, step, value);
            Unshown[this] = true;
            isFirst = _timer is null;
            // Made in the cell that adds first: what the timer shows belongs to that cell.
            _timer ??= new Timer(_ => DrawOnTime());
            if (!isFirst && !_isScheduled)
                Schedule();
        }
        if (isFirst)
            Flush();
    }

    /// <summary>Shows what was added last, now.</summary>
    public void Flush()
    {
        lock (_drawing)
        {
            if (!Unshown.TryRemove(this, out _))
                return;
            long start = Stopwatch.GetTimestamp();
            bool isFirst = _update is null;
            if (isFirst)
                _update = _show(Figure);
            else
                _update!(Figure);
            lock (_adding)
            {
                _drawnAt = Stopwatch.GetTimestamp();
                // The first drawing also loads and compiles code: it says nothing of the next.
                if (!isFirst)
                    _drawingTime = Stopwatch.GetElapsedTime(start);
            }
        }
    }

    /// <summary>Brings all live charts up to date, as at the end of a cell. Never throws.</summary>
    internal static void FlushAll()
    {
        foreach (var figure in Unshown.Keys)
            figure.FlushQuietly();
    }

    private void Append(string name, double step, double value)
    {
        int index = _series.FindIndex(series => series.Name == name);
        if (index < 0)
        {
            index = _series.Count;
            _series.Add((name, [], []));
        }
        _series[index].X.Add(step);
        _series[index].Y.Add(value);
    }

    private void Schedule()
    {
        var interval =
            _drawingTime / LargestShare > ShortestInterval ? _drawingTime / LargestShare : ShortestInterval;
        var rest = interval - Stopwatch.GetElapsedTime(_drawnAt);
        _isScheduled = true;
        _timer!.Change(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private void DrawOnTime()
    {
        FlushQuietly();
        lock (_adding)
        {
            _isScheduled = false;
            if (Unshown.ContainsKey(this))
                Schedule();
        }
    }

    /// <summary>
    /// A chart that cannot be shown must not stop a training, and an exception on a pool thread would end the process.
    /// </summary>
    private void FlushQuietly()
    {
        try
        {
            Flush();
        }
        catch (Exception e)
        {
            Console.Error.WriteLine($"The live chart cannot be shown any more: {e.Message}");
            lock (_drawing)
                _update = _ => { };
        }
    }
}
