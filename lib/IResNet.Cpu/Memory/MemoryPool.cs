using System.Collections.Concurrent;

namespace IResNet.Cpu;

/// <summary>
/// Keeps memory for the next request of its size. Packed maps are a step's largest pieces and all but the last to be
/// freed; in the C library's heap, small tensors that live longer would settle in their place and the process would
/// grow to three times what it needs.
/// </summary>
internal sealed class MemoryPool
{
    private readonly ConcurrentDictionary<nint, ConcurrentStack<float[]>> _free = new();

    /// <summary>Room for so many numbers.</summary>
    public MemoryBlock Rent(nint floats)
    {
        nint length = Math.Max(1, floats);
        float[]? numbers = null;
        _free.GetValueOrDefault(length)?.TryPop(out numbers);
        return new(this, numbers ?? MemoryBlock.Allocate(length), length);
    }

    /// <summary>Takes memory back.</summary>
    public void Return(float[] numbers, nint length) => _free.GetOrAdd(length, static _ => new()).Push(numbers);

    /// <summary>Leaves what is not rented to the garbage collector.</summary>
    public void Trim() => _free.Clear();
}
