using System.Diagnostics;

namespace IResNet.Cpu;

/// <summary>
/// Keeps the cores awake while this process computes and nothing else does. libtorch's threads sleep between
/// operations, and a core that has fallen asleep, above all a virtual one, takes longer to wake up than most operations
/// take. Threads that wait in a loop instead, as OpenMP offers, take the core from whoever needs it: other programs,
/// and other threads of this one.
/// </summary>
internal static class AwakeCores
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250),
        Rest = TimeSpan.FromSeconds(2);

    private static readonly Lazy<bool> Watches = new(Begin);
    private static volatile bool _wanted;

    /// <summary>Whether to, from now on.</summary>
    /// <returns>Whether it is done: false where it is not wanted or the system does not offer it.</returns>
    public static bool Keep(bool wanted)
    {
        _wanted = wanted;
        return wanted && Watches.Value;
    }

    private static bool Begin()
    {
        try
        {
            var cores = CoreTimes.Allowed(File.ReadLines("/proc/self/status"));
            // .NET counts what a container's limit leaves. Where that is less, threads that only keep cores awake would
            // use it up.
            if (cores.Count != Environment.ProcessorCount)
                return false;
            var threads = new IdleThreads(cores);
            // Tried, so that what the system refuses is known.
            if (!threads.Start())
                return false;
            threads.Stop();
            new Thread(() => Watch(threads, cores)) { IsBackground = true, Name = "awake cores" }.Start();
            return true;
        }
        catch (Exception missing)
            when (missing
                    is IOException
                        or UnauthorizedAccessException
                        or DllNotFoundException
                        or EntryPointNotFoundException
                        or TypeInitializationException
            )
        {
            return false; // not Linux, or another C library
        }
    }

    private static void Watch(IdleThreads threads, IReadOnlyList<int> cores)
    {
        var last = CoreUsage.Now(threads, cores);
        long restsUntil = 0;
        while (true)
        {
            Thread.Sleep(Period);
            var now = CoreUsage.Now(threads, cores);
            var used = now - last;
            last = now;
            long time = Stopwatch.GetTimestamp();
            bool disturbs = threads.Run && !used.LetsKeep(cores.Count);
            if (disturbs)
                restsUntil = time + (long)(Rest.TotalSeconds * Stopwatch.Frequency);
            if (_wanted && used.Computes && used.IsAlone && time >= restsUntil)
                threads.Start();
            else
                threads.Stop();
        }
    }
}
