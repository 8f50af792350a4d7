namespace IResNet.Cpu;

/// <summary>
/// Makes libtorch raise its own error from a backward pass in which a managed exception must not leave the callback.
/// Guards are empty selections of a function's inputs and go into it beside them, so that their nodes run right after
/// the function's own on the way to any input. All have saved the same index: once that has been changed in place they
/// refuse, and once a graph has been freed they say so, as every function of libtorch's does.
/// </summary>
internal sealed class Tripwire
{
    private nint _index;

    /// <summary>A new one, that guards nothing yet.</summary>
    public Tripwire() =>
        // Graphs that are never differentiated leave it to the garbage collector, without counting as a live tensor.
        _index = empty(0, ScalarType.Int64).DecoupleFromNativeHandle();

    /// <summary>Lets the index go.</summary>
    ~Tripwire() => Tensor.UnsafeCreateTensor(_index).Dispose();

    /// <summary>Guards the way to some inputs, which require gradients.</summary>
    public Tensor[] Guard(IEnumerable<Tensor> inputs) =>
        OnIndex(index => inputs.Select(input => input.index_select(0, index)).ToArray());

    /// <summary>Makes every guard refuse.</summary>
    public void Trip() => OnIndex(index => index.zero_()).Dispose();

    private T OnIndex<T>(Func<Tensor, T> action)
    {
        var index = Tensor.UnsafeCreateTensor(_index);
        try
        {
            return action(index);
        }
        finally
        {
            _index = index.DecoupleFromNativeHandle();
        }
    }
}
