using System.Collections.Concurrent;

namespace NotebookEngine.Running;

/// <summary>
/// Keeps what follows an <c>await</c> on the cell's thread, where it can be stopped as the rest. What is posted after
/// the cell has ended goes to the thread pool.
/// </summary>
internal sealed class CellPump : SynchronizationContext
{
    private readonly BlockingCollection<Action> _posted = [];

    /// <summary>Runs a task to its end on the calling thread.</summary>
    /// <exception cref="CellStoppedException">The cell was interrupted while it awaited something; the task is left
    /// behind.</exception>
    public static T Run<T>(Func<Task<T>> start)
    {
        var pump = new CellPump();
        var before = Current;
        SetSynchronizationContext(pump);
        try
        {
            var task = start();
            task.ContinueWith(
                _ => pump._posted.CompleteAdding(),
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
            while (!task.IsCompleted)
                if (pump.Next() is { } continuation)
                    Continue(continuation);
            // What was posted and not begun, as the rest of an async void, must not be lost.
            pump._posted.CompleteAdding();
            while (pump._posted.TryTake(out var left))
                ThreadPool.QueueUserWorkItem(static action => action(), left, preferLocal: false);
            return task.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(before);
            pump._posted.CompleteAdding();
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        try
        {
            _posted.Add(() => d(state));
        }
        catch (InvalidOperationException)
        {
            base.Post(d, state);
        }
    }

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    /// <summary>
    /// What awaits a task gets its exception; what is thrown here comes from an <c>async void</c>, which nobody awaits.
    /// </summary>
    private static void Continue(Action continuation)
    {
        try
        {
            continuation();
        }
        catch (Exception e) when (e is not (ThreadAbortException or ThreadInterruptedException))
        {
            if (!BackgroundFailure.Report(e, CellContext.Current))
                throw;
        }
    }

    /// <summary>Waits for something to run; null where the task has ended instead.</summary>
    private Action? Next()
    {
        Action? continuation = null;
        try
        {
            Interruption.Shelter(() => _posted.TryTake(out continuation, Timeout.Infinite));
            return continuation;
        }
        catch (Exception e) when (e is ThreadInterruptedException or OperationCanceledException)
        {
            throw new CellStoppedException(
                "The cell was left. Its variables do not exist, and what it awaited may run on; restart to be "
                    + "rid of it.",
                e
            );
        }
    }
}
