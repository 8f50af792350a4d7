using System.Runtime.CompilerServices;

namespace IResNet.Cpu;

/// <summary>
/// Memory for packed maps, aligned to cache lines, from a <see cref="MemoryPool"/>. The garbage collector knows how
/// large it is: blocks of forward passes whose gradient is never taken are collected as other garbage is.
/// </summary>
internal sealed unsafe class MemoryBlock : IDisposable
{
    private const int Alignment = 64;

    /// <summary>Floats of a cache line.</summary>
    public const int Line = Alignment / sizeof(float);

    private readonly MemoryPool _pool;
    private float[]? _numbers;

    /// <summary>Wraps numbers of a pool's.</summary>
    public MemoryBlock(MemoryPool pool, float[] numbers, nint length)
    {
        (_pool, _numbers, Length) = (pool, numbers, length);
        // The array is pinned.
        nint start = (nint)Unsafe.AsPointer(ref numbers[0]);
        Pointer = (float*)((start + Alignment - 1) / Alignment * Alignment);
    }

    /// <summary>The first number; contents are arbitrary.</summary>
    public float* Pointer { get; }

    /// <summary>Numbers that there is room for.</summary>
    public nint Length { get; }

    /// <summary>An array that has room for so many numbers behind an aligned address.</summary>
    public static float[] Allocate(nint length) =>
        GC.AllocateUninitializedArray<float>(checked((int)length + Line), pinned: true);

    /// <summary>Up to whole cache lines.</summary>
    public static nint WholeLines(nint floats) => (floats + Line - 1) / Line * Line;

    /// <summary>Gives the memory back to the pool; it must not be used any more.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _numbers, null) is { } numbers)
            _pool.Return(numbers, Length);
    }
}
