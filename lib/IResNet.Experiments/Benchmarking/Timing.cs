using System.Diagnostics;

namespace IResNet.Experiments.Benchmarking;

/// <summary>Times of one piece of work, repeated.</summary>
/// <param name="Seconds">One entry per run, in the order run.</param>
public sealed record Timing(IReadOnlyList<double> Seconds)
{
    private const int LeastRuns = 3,
        WarmUps = 3;

    /// <summary>The middle time: what to expect.</summary>
    public double Median => Seconds.Order().ElementAt(Seconds.Count / 2);

    /// <summary>
    /// The shortest time: what the work itself takes, other load on the machine left out. Ratios are of these.
    /// </summary>
    public double Min => Seconds.Min();

    /// <summary>One run, not repeated.</summary>
    public static Timing Once(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return new([Stopwatch.GetElapsedTime(start).TotalSeconds]);
    }

    /// <summary>Repeats the work for about a time, after warm-up runs that are not counted.</summary>
    /// <param name="work">One run.</param>
    /// <param name="budget">How long to repeat; at least three runs are made.</param>
    public static Timing Of(Action work, TimeSpan budget)
    {
        // The warm-up too is bounded: it is there for caches and the just-in-time compiler, which short work needs
        // most.
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < WarmUps || Stopwatch.GetElapsedTime(start) < budget / 10; i++)
        {
            work();
            if (Stopwatch.GetElapsedTime(start) > budget)
                break;
        }
        var times = new List<double>();
        start = Stopwatch.GetTimestamp();
        while (times.Count < LeastRuns || Stopwatch.GetElapsedTime(start) < budget)
        {
            long run = Stopwatch.GetTimestamp();
            work();
            times.Add(Stopwatch.GetElapsedTime(run).TotalSeconds);
        }
        return new(times);
    }
}
