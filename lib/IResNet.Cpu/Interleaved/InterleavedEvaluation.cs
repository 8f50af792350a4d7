namespace IResNet.Cpu;

/// <summary>
/// A branch at batches of one shape with the weights of now, packed once: for the many evaluations of an inverse. No
/// gradients.
/// </summary>
internal sealed unsafe class InterleavedEvaluation<TVector, TActivation>
    where TVector : unmanaged, IVector<TVector>
    where TActivation : unmanaged, IVectorActivation<TVector, TActivation>
{
    private readonly Workers _workers;
    private readonly long[] _shape;
    private readonly InterleavedBranch<TVector, TActivation> _branch;
    private readonly ExampleGroups _groups;
    private readonly Tensor _memory;
    private readonly BranchWeights _weights;

    /// <summary>Packs the weights; they live in the caller's dispose scope.</summary>
    public InterleavedEvaluation(CpuResources resources, ConvBranch branch, long[] shape)
    {
        long hidden = branch.Layers[0].Weight.size(0);
        (_workers, _shape) = (resources.Workers, shape);
        _branch = new(resources, shape, hidden, branch.LeadingActivation);
        _groups = ExampleGroups.Of(shape, TVector.Lanes);
        var weights = new InterleavedWeights((int)shape[1], (int)hidden);
        _memory = empty(weights.Size);
        using var scope = NewDisposeScope();
        _weights = weights.Pack(BranchTensors.Of(branch), Floats.Of(_memory));
    }

    /// <summary>g(x).</summary>
    /// <exception cref="ShapeException">x has another shape.</exception>
    public Tensor Evaluate(Tensor x)
    {
        if (!x.shape.SequenceEqual(_shape))
            throw new ShapeException(
                $"Expected points of the shape ({string.Join(", ", _shape)}) of the right-hand sides, but got "
                    + $"({string.Join(", ", x.shape)})."
            );
        using var scope = NewDisposeScope();
        var input = x.contiguous();
        var value = empty_like(input);
        float* xs = Floats.Of(input),
            values = Floats.Of(value);
        nint point = _branch.ValuesSize;
        _workers.Run(_groups.Count, _branch.WorkSize + point, (group, work) =>
        {
            nint start = _groups.Start(group);
            var data = new GroupData(_groups.In(group), xs + start, null, null, work + point);
            _branch.Forward(_weights, data, _branch.MapsOfValues(work), values + start, residual: false);
        });
        GC.KeepAlive(_memory);
        return value.MoveToOuterDisposeScope();
    }
}
