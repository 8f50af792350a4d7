using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace IResNet.Cpu;

/// <summary>
/// Threads that help with the pieces of one job after another. A training step has some hundred jobs of less than a
/// millisecond: to wake a sleeping thread for each takes about as long as the job. So a helper watches for the next job
/// for a while before it sleeps, or until somebody else wants its core; and nobody waits for a helper that has not
/// begun.
/// </summary>
internal sealed class Crew
{
    private static readonly TimeSpan Watches = TimeSpan.FromMilliseconds(2),
        Interrupted = TimeSpan.FromMicroseconds(20),
        StaysAsleep = TimeSpan.FromSeconds(10);
    private const int SpinsBetweenLooks = 20,
        LooksBetweenYields = 10;

    private readonly SemaphoreSlim _wake = new(0);
    private Job? _job;
    private int _helpers,
        _asleep;

    /// <summary>
    /// Does the pieces 0 to <paramref name="count"/> - 1 on the calling thread and on helpers. Where the helpers are
    /// busy with another thread's job, the calling thread does all.
    /// </summary>
    /// <param name="count">Pieces.</param>
    /// <param name="threads">The most threads, the calling one included.</param>
    /// <param name="piece">Does one: its index, and a number below <paramref name="threads"/> that no other thread has
    /// meanwhile.</param>
    public void Run(int count, int threads, Action<int, int> piece)
    {
        var job = new Job(count, threads, piece);
        if (Interlocked.CompareExchange(ref _job, job, null) is not null)
        {
            job.Help(0);
            job.Finish();
            return;
        }
        try
        {
            Call(threads - 1);
            job.Help(0);
            job.Finish();
        }
        finally
        {
            Volatile.Write(ref _job, null);
        }
    }

    /// <summary>Wakes so many helpers, as far as they sleep, and hires whom there is not yet.</summary>
    private void Call(int helpers)
    {
        for (int present = Volatile.Read(ref _helpers); present < helpers; present = Volatile.Read(ref _helpers))
            if (Interlocked.CompareExchange(ref _helpers, present + 1, present) == present)
                new Thread(WatchForJobs) { IsBackground = true, Name = "kernel helper" }.Start();
        for (int i = 0; i < helpers && TryTakeSleeper(); i++)
            _wake.Release();
    }

    private void WatchForJobs()
    {
        Job? last = null;
        while (true)
        {
            if (Next(last) is { } job)
            {
                job.Help();
                last = job;
                continue;
            }
            Interlocked.Increment(ref _asleep);
            // A job may have come since the last look, and its caller have seen nobody asleep.
            if (Volatile.Read(ref _job) is { } missed && missed != last && TryTakeSleeper())
                continue;
            last = null;
            if (_wake.Wait(StaysAsleep))
                continue;
            if (!TryTakeSleeper())
            {
                _wake.Wait();
                continue;
            }
            Interlocked.Decrement(ref _helpers);
            return;
        }
    }

    /// <summary>The next job that is not the last one, if one comes in time.</summary>
    private Job? Next(Job? last)
    {
        Job? next = null;
        bool Found() => (next = Volatile.Read(ref _job)) is not null && next != last;
        return WatchFor(Found) ? next : null;
    }

    /// <summary>Whether something came true before it took long, or somebody else wanted the core.</summary>
    private static bool WatchFor(Func<bool> condition)
    {
        long began = Stopwatch.GetTimestamp();
        for (int look = 1; ; look++)
        {
            if (condition())
                return true;
            if (look % LooksBetweenYields != 0)
            {
                Thread.SpinWait(SpinsBetweenLooks);
                continue;
            }
            long yields = Stopwatch.GetTimestamp();
            Thread.Yield();
            // Whoever ran meanwhile wants the core still.
            if (Stopwatch.GetElapsedTime(yields) > Interrupted || Stopwatch.GetElapsedTime(began) > Watches)
                return condition();
        }
    }

    /// <summary>Whether somebody slept who now counts as awake.</summary>
    private bool TryTakeSleeper()
    {
        for (int asleep = Volatile.Read(ref _asleep); asleep > 0; asleep = Volatile.Read(ref _asleep))
            if (Interlocked.CompareExchange(ref _asleep, asleep - 1, asleep) == asleep)
                return true;
        return false;
    }

    /// <summary>Pieces that whoever is free takes: where other programs use the processor too, one thread may get
    /// little of it.</summary>
    private sealed class Job(int count, int threads, Action<int, int> piece)
    {
        private int _taken = -1,
            _done,
            _helping;
        private bool _isAwaited;
        private Exception? _fault;

        /// <summary>Does pieces as one of the helpers, as far as there is room for one more.</summary>
        public void Help()
        {
            int number = Interlocked.Increment(ref _helping);
            if (number < threads)
                Help(number);
        }

        public void Help(int number)
        {
            for (int index; (index = Interlocked.Increment(ref _taken)) < count;)
            {
                try
                {
                    piece(index, number);
                }
                catch (Exception fault)
                {
                    Interlocked.CompareExchange(ref _fault, fault, null);
                }
                if (Interlocked.Increment(ref _done) == count && Volatile.Read(ref _isAwaited))
                    lock (this)
                        Monitor.Pulse(this);
            }
        }

        /// <summary>Returns when all pieces are done, also those that helpers have taken.</summary>
        /// <exception cref="Exception">What the first piece that failed threw.</exception>
        public void Finish()
        {
            if (!WatchFor(() => Volatile.Read(ref _done) == count))
                lock (this)
                {
                    Interlocked.Exchange(ref _isAwaited, true);
                    while (Volatile.Read(ref _done) < count)
                        Monitor.Wait(this);
                }
            if (_fault is not null)
                ExceptionDispatchInfo.Throw(_fault);
        }
    }
}
