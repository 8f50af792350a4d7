namespace IResNet.Lanes;

/// <summary>The floating-point mode of the threads that help out: they come from .NET's pool and do not inherit it from the thread that starts the work.</summary>
internal static class LaneThreads
{
    [ThreadStatic]
    private static bool _flushes;

    /// <summary>Flushes denormals on this thread, once.</summary>
    public static void FlushDenormals()
    {
        if (_flushes) return;
        NativeRuntime.FlushDenormals();
        _flushes = true;
    }
}
