namespace IResNet;

/// <summary>
/// An effective weight that is kept, with copies of what it was computed from: whoever writes these (an optimiser, a
/// loader, <c>copy_</c>) cannot tell the layer, so each use compares.
/// </summary>
internal sealed class FrozenWeight : IDisposable
{
    private readonly Tensor[] _copies;

    /// <summary>Keeps a weight.</summary>
    /// <param name="norm">By which it was divided.</param>
    /// <param name="weight">The effective weight; copied.</param>
    /// <param name="bound">An upper bound of its 2-norm, NaN where none is known yet.</param>
    /// <param name="sources">What it was computed from.</param>
    public FrozenWeight(FrozenNorm norm, Tensor weight, double bound, IEnumerable<Tensor> sources)
    {
        (Norm, Weight, Bound) = (norm, Copy(weight), bound);
        _copies = [.. sources.Select(Copy)];
    }

    /// <summary>By which norm the weight was divided.</summary>
    public FrozenNorm Norm { get; }

    /// <summary>The effective weight.</summary>
    public Tensor Weight { get; }

    /// <summary>An upper bound of its 2-norm, NaN where none is known yet.</summary>
    public double Bound { get; set; }

    /// <summary>The same of the norm to which the layer is held.</summary>
    public double InducedBound { get; set; } = double.NaN;

    /// <summary>Whether it still belongs to its sources: to their values, type and device.</summary>
    public bool IsOf(IEnumerable<Tensor> sources) =>
        sources.Zip(_copies).All(pair => AreEqual(pair.First, pair.Second));

    /// <inheritdoc/>
    public void Dispose()
    {
        Weight.Dispose();
        foreach (var copy in _copies)
            copy.Dispose();
    }

    private static bool AreEqual(Tensor source, Tensor copy)
    {
        if (source.dtype != copy.dtype || !SameDevice(source, copy))
            return false;
        // An inverse asks some ten times for each block: where the numbers lie open, they are compared as they lie.
        if (source.device_type == DeviceType.CPU && source.is_contiguous() && copy.is_contiguous())
            return source.bytes.SequenceEqual(copy.bytes);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return source.eq(copy).all().ReadBoolean();
    }

    private static bool SameDevice(Tensor a, Tensor b) =>
        a.device_type == b.device_type && a.device_index == b.device_index;

    private static Tensor Copy(Tensor tensor) => tensor.detach().clone().DetachFromDisposeScope();
}
