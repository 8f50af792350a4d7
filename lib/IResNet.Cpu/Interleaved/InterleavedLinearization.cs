namespace IResNet.Cpu;

/// <summary>A linearization whose products are taken by the vector kernels. No gradients.</summary>
internal sealed unsafe class InterleavedLinearization<TVector, TActivation> : Linearization
    where TVector : unmanaged, IVector<TVector>
    where TActivation : unmanaged, IVectorActivation<TVector, TActivation>
{
    private readonly Workers _workers;
    private readonly InterleavedBranch<TVector, TActivation> _branch;
    private readonly ExampleGroups _groups;
    private readonly Tensor _memory,
        _maps;
    private readonly float* _points;
    private readonly BranchWeights _weights,
        _transposed;

    private InterleavedLinearization(
        CpuResources resources,
        ConvBranch branch,
        Tensor x,
        Tensor value,
        InterleavedBranch<TVector, TActivation> packed,
        ExampleGroups groups
    )
        : base(branch, x, value)
    {
        (_workers, _branch, _groups) = (resources.Workers, packed, groups);
        var weights = new InterleavedWeights((int)x.size(1), (int)branch.Layers[0].Weight.size(0));
        (_memory, _maps) = (empty(2 * weights.Size), empty(groups.Count * packed.PointSize));
        _points = Floats.Of(_maps);
        using var scope = NewDisposeScope();
        var tensors = BranchTensors.Of(branch);
        _weights = weights.Pack(tensors, Floats.Of(_memory));
        _transposed = weights.PackTransposed(tensors, Floats.Of(_memory) + weights.Size);
        var input = x.contiguous();
        float* xs = Floats.Of(input),
            values = Floats.Of(value);
        _workers.Run(groups.Count, packed.WorkSize, (group, work) =>
        {
            nint start = groups.Start(group);
            var data = new GroupData(groups.In(group), xs + start, null, null, work);
            packed.Forward(_weights, data, MapsOf(group), values + start, residual: false);
        });
    }

    /// <summary>Evaluates the branch. Everything lives in the caller's dispose scope.</summary>
    public static InterleavedLinearization<TVector, TActivation> At(CpuResources resources, ConvBranch branch, Tensor x)
    {
        long[] shape = x.shape;
        var packed = new InterleavedBranch<TVector, TActivation>(
            resources,
            shape,
            branch.Layers[0].Weight.size(0),
            branch.LeadingActivation
        );
        return new(resources, branch, x, empty(shape), packed, ExampleGroups.Of(shape, TVector.Lanes));
    }

    /// <inheritdoc/>
    protected override Tensor Jvp(Tensor tangents, long k) => Product(tangents, k, transposed: false);

    /// <inheritdoc/>
    protected override Tensor Vjp(Tensor cotangents, long k) => Product(cotangents, k, transposed: true);

    private InterleavedBranch<TVector, TActivation>.Maps MapsOf(int group) => _branch.MapsAt(_points + group * _branch.PointSize);

    private Tensor Product(Tensor directions, long k, bool transposed)
    {
        using var scope = NewDisposeScope();
        var input = directions.to(ScalarType.Float32).contiguous();
        var result = empty_like(input);
        float* from = Floats.Of(input),
            to = Floats.Of(result);
        nint batch = (nint)(BatchSize * Dimensions);
        _workers.Run((int)k * _groups.Count, _branch.WorkSize, (index, work) =>
        {
            int group = index % _groups.Count;
            nint at = index / _groups.Count * batch + _groups.Start(group);
            var data = new GroupData(_groups.In(group), from + at, null, null, work);
            if (transposed)
                _branch.Vjp(_transposed, data, MapsOf(group), to + at);
            else
                _branch.Jvp(_weights, data, MapsOf(group), to + at);
        });
        GC.KeepAlive(this);
        return result.MoveToOuterDisposeScope();
    }
}
