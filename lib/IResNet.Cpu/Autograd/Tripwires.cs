namespace IResNet.Cpu;

/// <summary>
/// One tripwire for all functions that a thread records between two backward passes. With one for each, the small
/// tensors that only the garbage collector frees would settle between a step's large ones in the C library's heap.
/// </summary>
internal sealed class Tripwires
{
    private readonly ThreadLocal<Tripwire?> _current = new();

    /// <summary>For a function that is recorded now.</summary>
    public Tripwire Current => _current.Value ??= new();

    /// <summary>What is recorded from now on gets another one.</summary>
    public void Renew() => _current.Value = null;
}
