using System.Runtime;

namespace NotebookEngine.Running;

/// <summary>
/// Stops a cell, by one step after the other for as long as it still runs: its token is cancelled; after 300 ms its
/// thread is woken from a wait; after 450 ms what it shows and awaits is refused by an exception; after 600 ms its
/// managed code is aborted. A cell that withstands even that (a long native call, a parallel loop) is given up after
/// two seconds.
/// </summary>
/// <remarks>
/// The abort is a gamble, and so the last resort: it may leave a lock taken, and now and then, where it strikes in the
/// midst of the runtime's own work, it ends the process. The steps run on threads of their own: the cell may have taken
/// all of the pool's, and its callbacks on the token may hang.
/// </remarks>
internal sealed class Interruption(CancellationToken request)
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private const int Open = 0;
    private const int Sheltered = 1;
    private const int Aborting = 2;

    [ThreadStatic]
    private static Interruption? _ofThisThread;

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _cell = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly ManualResetEventSlim _finished = new();
    private readonly TaskCompletionSource _givenUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _shelter;
    private bool _woken;
    private bool _refusing;

    /// <summary>What the cell's own code listens to.</summary>
    public CancellationToken CellToken => _cell.Token;

    public bool Requested => request.IsCancellationRequested;

    /// <summary>Whether it came to the abort.</summary>
    public bool Aborted => _abort.IsCancellationRequested;

    /// <summary>Completes when all steps were in vain.</summary>
    public Task GivenUp => _givenUp.Task;

    /// <summary>
    /// Runs what an abort must not cut off: taking a lock that other threads need. An abort may strike between the
    /// taking and the note that it was taken, and then nobody would ever release it. A wait in here still ends by the
    /// interrupt. May be nested.
    /// </summary>
    /// <exception cref="OperationCanceledException">The cell shows and awaits nothing more.</exception>
    public static void Shelter(Action body)
    {
        // Only its own thread shelters it.
        if (_ofThisThread is not { } interruption || Volatile.Read(ref interruption._shelter) == Sheltered)
        {
            body();
            return;
        }
        if (Volatile.Read(ref interruption._refusing))
            throw new OperationCanceledException("The cell was interrupted.");
        while (Interlocked.CompareExchange(ref interruption._shelter, Sheltered, Open) == Aborting)
            Thread.Yield(); // until it strikes
        try
        {
            body();
        }
        finally
        {
            Volatile.Write(ref interruption._shelter, Open);
        }
    }

    /// <summary>Runs the body on the calling thread, so that it can be stopped.</summary>
    /// <exception cref="CellStoppedException">The body was aborted.</exception>
    public void Guard(Action body)
    {
        var thread = Thread.CurrentThread;
        var registration = request.Register(() => OnOwnThread(() => Escalate(thread)));
        _ofThisThread = this;
        try
        {
#pragma warning disable SYSLIB0046 // The only way to stop an endless loop in managed code; the last resort.
            ControlledExecution.Run(body, _abort.Token);
#pragma warning restore SYSLIB0046
        }
        catch (Exception e) when (_abort.IsCancellationRequested)
        {
            // Not always the abort's own exception: on its way out it may meet the interrupt of the step before.
            throw new CellStoppedException("The cell was aborted. The variables that it declared may be missing.", e);
        }
        finally
        {
            _ofThisThread = null;
            Finish();
            registration.Unregister();
        }
    }

    private void Escalate(Thread thread)
    {
        OnOwnThread(_cell.Cancel);
        if (_finished.Wait(Step))
            return;
        Wake(thread);
        if (_finished.Wait(Step / 2))
            return;
        Volatile.Write(ref _refusing, true);
        if (_finished.Wait(Step / 2))
            return;
        OnOwnThread(Abort);
        for (var waited = 2 * Step; waited < Patience; waited += Step)
        {
            if (_finished.Wait(Step))
                return;
            Wake(thread); // an abort does not end a wait
        }
        _givenUp.TrySetResult();
    }

    private void Abort()
    {
        while (Interlocked.CompareExchange(ref _shelter, Aborting, Open) == Sheltered)
            if (_finished.Wait(1))
                return;
        _abort.Cancel();
    }

    private void Wake(Thread thread)
    {
        lock (_gate)
        {
            if (_finished.IsSet)
                return;
            _woken = true;
            thread.Interrupt();
        }
    }

    /// <summary>
    /// Ends the guard, and takes an interrupt that found nothing to wake off the thread, lest it hit the next cell.
    /// </summary>
    private void Finish()
    {
        while (true)
        {
            try
            {
                lock (_gate)
                    _finished.Set();
                if (_woken)
                    Thread.Sleep(1);
                return;
            }
            catch (ThreadInterruptedException) { }
        }
    }

    private static void OnOwnThread(Action action) =>
        new Thread(() =>
        {
            try
            {
                action();
            }
            catch (AggregateException)
            {
                // A callback that the cell registered on its token threw: nobody is left to hear of it.
            }
        })
        {
            IsBackground = true,
            Name = "interrupt",
        }.Start();
}
