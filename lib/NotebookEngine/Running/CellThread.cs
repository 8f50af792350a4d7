using System.Collections.Concurrent;

namespace NotebookEngine.Running;

/// <summary>
/// The thread on which cells run, one after the other: what libtorch and others keep by thread (gradient mode, dispose
/// scopes) then lasts from cell to cell. Only a cell that had to be aborted takes its thread with it.
/// </summary>
internal sealed class CellThread
{
    private const int StackBytes = 16 << 20;

    private readonly BlockingCollection<Action> _work = [];

    public CellThread() => new Thread(Loop, StackBytes) { IsBackground = true, Name = "cells" }.Start();

    public Task<T> RunAsync<T>(Func<T> body)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                done.SetResult(body());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }

    /// <summary>Takes no more work; the thread ends once what it runs has returned.</summary>
    public void Retire() => _work.CompleteAdding();

    private void Loop()
    {
        foreach (var work in _work.GetConsumingEnumerable())
            work();
    }
}
