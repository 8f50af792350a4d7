using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace IResNet.Lanes;

/// <summary>Spreads independent pieces of work over as many threads as torch uses, each with scratch memory of its own.</summary>
internal static unsafe class LaneThreads
{
    [ThreadStatic]
    private static bool _flushes;

    /// <summary>One piece of work.</summary>
    /// <param name="index">Which one.</param>
    /// <param name="scratch">Memory of the thread's own, uninitialised.</param>
    public delegate void Work(int index, float* scratch);

    /// <summary>Does the pieces 0 to <paramref name="count"/> - 1, each on one thread.</summary>
    public static void Run(int count, nint scratchSize, Work work)
    {
        int threads = Math.Min(get_num_threads(), count);
        using var scratch = LaneMemory.Rent(Math.Max(1, threads) * scratchSize);
        float* memory = scratch.Pointer;
        if (threads <= 1)
        {
            for (int index = 0; index < count; index++) work(index, memory);
            return;
        }
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, thread =>
        {
            FlushDenormals();
            for (int index = thread; index < count; index += threads) work(index, memory + thread * scratchSize);
        });
    }

    /// <summary>Where a contiguous tensor's numbers lie. The tensor must stay alive while they are used.</summary>
    public static float* Data(Tensor tensor) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));

    /// <summary>Threads of .NET's pool do not inherit the floating-point mode from the thread that starts the work.</summary>
    private static void FlushDenormals()
    {
        if (_flushes) return;
        NativeRuntime.FlushDenormals();
        _flushes = true;
    }
}
