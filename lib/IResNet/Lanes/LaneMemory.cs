using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace IResNet.Lanes;

/// <summary>
/// Memory for packed maps, aligned to cache lines and used again for the next request of its size. These blocks are a
/// step's largest and all but the last to be freed; in the C library's heap, small tensors that live longer would
/// settle in their place and the process would grow to three times what it needs.
/// </summary>
internal sealed unsafe class LaneMemory : IDisposable
{
    private const int Alignment = 64;
    private const long LeastLimit = 1L << 30;
    private static readonly ConcurrentDictionary<nint, ConcurrentStack<nint>> Free = new();
    private static long _rented,
        _limit = LeastLimit;
    private readonly nint _bytes;

    private LaneMemory(nint bytes)
    {
        _bytes = bytes;
        if (Interlocked.Add(ref _rented, bytes) > _limit)
            CollectForgotten();
        Pointer =
            Free.TryGetValue(bytes, out var stack) && stack.TryPop(out nint known)
                ? (float*)known
                : (float*)NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
    }

    /// <summary>Gives the memory back if nobody did.</summary>
    ~LaneMemory() => Return();

    /// <summary>The first number; contents are arbitrary.</summary>
    public float* Pointer { get; private set; }

    /// <summary>Numbers that there is room for.</summary>
    public nint Length => _bytes / sizeof(float);

    /// <summary>Room for so many numbers.</summary>
    public static LaneMemory Rent(nint floats) => new(Math.Max(1, floats) * sizeof(float));

    /// <summary>Gives memory that is not rented back to the C library.</summary>
    public static void Trim()
    {
        foreach (var stack in Free.Values)
            while (stack.TryPop(out nint pointer))
                NativeMemory.AlignedFree((void*)pointer);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Return();
        GC.SuppressFinalize(this);
    }

    private void Return()
    {
        if (Pointer is null)
            return;
        Free.GetOrAdd(_bytes, static _ => new()).Push((nint)Pointer);
        Pointer = null;
        Interlocked.Add(ref _rented, -_bytes);
    }

    /// <summary>
    /// Forward passes whose gradient is never taken leave their maps to the garbage collector, which does not know how
    /// large they are. It is asked only when much is rented: told by memory pressure, it would collect every few steps
    /// of a training in which nothing is forgotten.
    /// </summary>
    private static void CollectForgotten()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        _limit = Math.Max(LeastLimit, 2 * Interlocked.Read(ref _rented));
    }
}
