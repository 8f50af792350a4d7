namespace IResNet.Tests;

/// <summary>Counts tensors that stay.</summary>
internal static class LiveTensors
{
    /// <summary>How many more tensors are alive after the action than before.</summary>
    public static long Growth(Action action)
    {
        Collect();
        long before = Tensor.TotalCount;
        action();
        return Tensor.TotalCount - before;
    }

    /// <summary>What earlier tests left to the garbage collector must not be freed while we count.</summary>
    public static void Collect()
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
