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

    /// <summary>
    /// How many tensors an action leaves behind each time: the least change of some tries, as the garbage of other
    /// tests may be collected meanwhile.
    /// </summary>
    public static long Leak(Action action)
    {
        const int Tries = 5;
        long least = long.MaxValue;
        for (int i = 0; i < Tries && least > 0; i++)
            least = Math.Min(least, Math.Abs(Growth(action)));
        return least;
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
