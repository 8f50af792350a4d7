using System.Runtime.InteropServices;

namespace IResNet.Cpu;

/// <summary>
/// A thread for each core that does nothing, at Linux's idle priority: it runs where nothing else would, and is
/// preempted at once by whatever wakes up. A core with such a thread never falls asleep.
/// </summary>
/// <remarks>
/// The threads are the C library's own and their work is its <c>pthread_spin_lock</c> on a lock that is held here:
/// nothing of .NET runs in them. A thread of .NET at this priority, which may have to wait for a second on a busy
/// core, would let every garbage collection wait for it.
/// </remarks>
/// <param name="cores">The numbers of the cores.</param>
internal sealed unsafe partial class IdleThreads(IReadOnlyList<int> cores)
{
    private const int SchedIdle = 5;
    private const int MostCores = 1024;

    private readonly Spinner[] _spinners = [.. cores.Select(core => new Spinner(core))];

    /// <summary>Whether they run, or would if their core had time.</summary>
    public bool Run { get; private set; }

    /// <summary>Seconds of processor time that they have had so far.</summary>
    public double Seconds => _spinners.Sum(spinner => spinner.Seconds);

    /// <summary>Starts them.</summary>
    /// <returns>False where the system refuses; then none runs.</returns>
    public bool Start()
    {
        if (Run)
            return true;
        Run = true;
        if (_spinners.All(spinner => spinner.Start()))
            return true;
        Stop();
        return false;
    }

    /// <summary>Lets them end.</summary>
    public void Stop()
    {
        if (!Run)
            return;
        Run = false;
        foreach (var spinner in _spinners)
            spinner.Stop();
    }

    private sealed class Spinner(int core)
    {
        private int* _lock;
        private int _clock;
        private double _seconds,
            _start;
        private bool _runs;

        public double Seconds => _seconds + (_runs ? Clock() - _start : 0);

        public bool Start()
        {
            if (_lock is null)
            {
                _lock = (int*)NativeMemory.AlignedAlloc(64, 64);
                _ = pthread_spin_init(_lock, 0);
                _ = pthread_spin_lock(_lock);
            }
            // A thread that ended took the lock with it. One that had no time to notice that it should waits still.
            else if (pthread_spin_trylock(_lock) == 0)
            {
                (_start, _runs) = (Clock(), true);
                return true;
            }
            if (pthread_create(out nuint thread, 0, Work, _lock) != 0)
                return false;
            ulong* mask = stackalloc ulong[MostCores / 64];
            new Span<ulong>(mask, MostCores / 64).Clear();
            mask[core / 64] = 1UL << (core % 64);
            _runs =
                pthread_setschedparam(thread, SchedIdle, 0) == 0
                && pthread_setaffinity_np(thread, MostCores / 8, mask) == 0
                && pthread_getcpuclockid(thread, out _clock) == 0;
            _start = 0;
            _ = pthread_detach(thread);
            if (!_runs)
                _ = pthread_spin_unlock(_lock);
            return _runs;
        }

        public void Stop()
        {
            if (!_runs)
                return;
            (_seconds, _runs) = (Seconds, false);
            _ = pthread_spin_unlock(_lock);
        }

        private double Clock() => clock_gettime(_clock, out var time) == 0 ? time.Seconds + 1e-9 * time.Nanoseconds : 0;
    }

    private static readonly nint Work = NativeLibrary.GetExport(NativeLibrary.Load("libc.so.6"), "pthread_spin_lock");

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct TimeSpec(nint Seconds, nint Nanoseconds);

    [LibraryImport("libc")]
    private static partial int pthread_spin_init(int* spinLock, int shared);

    [LibraryImport("libc")]
    private static partial int pthread_spin_lock(int* spinLock);

    [LibraryImport("libc")]
    private static partial int pthread_spin_trylock(int* spinLock);

    [LibraryImport("libc")]
    private static partial int pthread_spin_unlock(int* spinLock);

    [LibraryImport("libc")]
    private static partial int pthread_create(out nuint thread, nint attributes, nint work, int* argument);

    [LibraryImport("libc")]
    private static partial int pthread_detach(nuint thread);

    [LibraryImport("libc")]
    private static partial int pthread_setschedparam(nuint thread, int policy, in int priority);

    [LibraryImport("libc")]
    private static partial int pthread_setaffinity_np(nuint thread, nuint size, ulong* mask);

    [LibraryImport("libc")]
    private static partial int pthread_getcpuclockid(nuint thread, out int clock);

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, out TimeSpec time);
}
