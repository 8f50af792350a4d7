namespace IResNet.Experiments.Training;

/// <summary>
/// Work on a thread of its own, with denormal numbers flushed: that mode belongs to a thread, and libtorch's workers
/// inherit it from the thread that starts them.
/// </summary>
internal static class TrainingThread
{
    public static Task<T> Run<T>(Func<T> work)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        // ExecutionContext flows, so that what a notebook's cell prints from here is the cell's output.
        new Thread(() =>
        {
            try
            {
                result.SetResult(Flushed(work));
            }
            catch (Exception fault)
            {
                result.SetException(fault);
            }
        })
        {
            IsBackground = true,
            Name = "training",
        }.Start();
        return result.Task;
    }

    private static T Flushed<T>(Func<T> work)
    {
        try
        {
            NativeRuntime.FlushDenormals();
            return work();
        }
        finally
        {
            // What the C library keeps for this thread would add up over many of them. Before the result is known, so
            // that whoever waits for it finds the memory given back.
            NativeRuntime.TrimMemory();
        }
    }
}
