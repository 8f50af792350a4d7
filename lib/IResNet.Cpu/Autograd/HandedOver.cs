namespace IResNet.Cpu;

/// <summary>
/// Lets go of what a hand-written backward pass has given to libtorch. TorchSharp's handles would keep every gradient
/// alive until the dispose scope of the whole step ends, where libtorch alone frees each as soon as it has been used.
/// </summary>
internal sealed class HandedOver
{
    private readonly ThreadLocal<List<Tensor?>> _last = new(() => []);

    /// <summary>
    /// Takes over the gradients that a pass is about to return, and lets go of those that the pass before on this
    /// thread
    /// returned: libtorch has taken its own references when a function has returned. They stay in the dispose scope
    /// around the caller's, so that the last ones go with it.
    /// </summary>
    /// <param name="gradients">What the pass returns; each has a handle of its own.</param>
    public void Replace(IEnumerable<Tensor?> gradients)
    {
        var last = _last.Value!;
        foreach (var gradient in last)
            gradient?.Dispose();
        last.Clear();
        foreach (var gradient in gradients)
            last.Add(gradient?.MoveToOuterDisposeScope());
    }
}
