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

    /// <summary>Guards the way to some inputs, which require gradients.</summary>
    public Tripwire(IEnumerable<Tensor> inputs, out Tensor[] guards)
    {
        var index = empty(0, ScalarType.Int64);
        guards = [.. inputs.Select(input => input.index_select(0, index))];
        // Graphs that are never differentiated leave it to the garbage collector, without counting as a live tensor.
        _index = index.DecoupleFromNativeHandle();
    }

    /// <summary>Lets the index go.</summary>
    ~Tripwire() => Tensor.UnsafeCreateTensor(_index).Dispose();

    /// <summary>Makes every guard refuse.</summary>
    public void Trip()
    {
        var index = Tensor.UnsafeCreateTensor(_index);
        index.zero_().Dispose();
        _index = index.DecoupleFromNativeHandle();
    }
}
