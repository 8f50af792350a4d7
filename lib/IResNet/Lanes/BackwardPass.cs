namespace IResNet.Lanes;

/// <summary>
/// Lets go what a custom function's backward pass has no more use for. TorchSharp's handles would keep every cotangent
/// and every gradient alive until the dispose scope of the whole step ends, where libtorch alone frees each as soon as
/// it has been used.
/// </summary>
internal static class BackwardPass
{
    [ThreadStatic]
    private static List<Tensor>? _handedOver;

    /// <summary>Ends a pass.</summary>
    /// <param name="cotangents">As given to the function; not to be used any more.</param>
    /// <param name="gradients">What the function returns, a null for each input that is no tensor. Each must have a
    /// handle of its own.</param>
    /// <returns>The gradients.</returns>
    public static List<Tensor> End(List<Tensor> cotangents, IEnumerable<Tensor?> gradients)
    {
        cotangents.ForEach(cotangent => cotangent?.Dispose());
        Release();
        _handedOver = [.. gradients.Select(gradient => gradient?.DetachFromDisposeScope()!)];
        return _handedOver;
    }

    /// <summary>
    /// Lets go what the last pass on this thread handed over: libtorch has taken its own references when the function
    /// has returned.
    /// </summary>
    public static void Release()
    {
        _handedOver?.ForEach(gradient => gradient?.Dispose());
        _handedOver = null;
    }
}
