using System.Diagnostics;

namespace IResNet.Cpu;

/// <summary>Who had the cores, in seconds: since the start, or in a span of time as a difference.</summary>
/// <param name="Elapsed">Time that went by.</param>
/// <param name="Busy">Of all cores, with whatever.</param>
/// <param name="Ours">Of this process, the threads that keep cores awake included.</param>
/// <param name="Kept">Of those threads.</param>
internal readonly record struct CoreUsage(double Elapsed, double Busy, double Ours, double Kept)
{
    /// <summary>The process is at work: it used a third of a core at least.</summary>
    public bool Computes => Ours - Kept >= Elapsed / 3;

    /// <summary>Nothing else is: other processes used less than a quarter of a core, all together.</summary>
    public bool IsAlone => Busy - Ours < Elapsed / 4;

    /// <summary>
    /// Whether threads that keep the cores awake are in nobody's way: no other process wants a core, and they get what
    /// is left of all, which a limit of the process's time would not give them.
    /// </summary>
    public bool LetsKeep(int cores) => IsAlone && Ours >= 0.8 * cores * Elapsed;

    /// <summary>Since the start.</summary>
    public static CoreUsage Now(IdleThreads threads, IReadOnlyList<int> cores) =>
        new(
            (double)Stopwatch.GetTimestamp() / Stopwatch.Frequency,
            CoreTimes.Busy(File.ReadLines("/proc/stat").Skip(1), cores),
            Environment.CpuUsage.TotalTime.TotalSeconds,
            threads.Seconds
        );

    /// <summary>Between two times.</summary>
    public static CoreUsage operator -(CoreUsage now, CoreUsage before) =>
        new(now.Elapsed - before.Elapsed, now.Busy - before.Busy, now.Ours - before.Ours, now.Kept - before.Kept);
}
