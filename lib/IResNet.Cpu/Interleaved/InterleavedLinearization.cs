namespace IResNet.Cpu;

/// <summary>
/// A linearization whose products are taken by the vector kernels. No gradients. Where examples are fewer than lanes,
/// the point is repeated, so that several directions of an example lie side by side.
/// </summary>
internal sealed unsafe class InterleavedLinearization<TVector, TActivation> : Linearization
    where TVector : unmanaged, IVector<TVector>
    where TActivation : unmanaged, IVectorActivation<TVector, TActivation>
{
    private readonly Workers _workers;
    private readonly InterleavedBranch<TVector, TActivation> _branch;
    private readonly ExampleGroups _groups;
    private readonly long _copies;
    private readonly Tensor _memory,
        _maps;
    private readonly float* _points;
    private readonly BranchWeights _weights,
        _transposed;

    private InterleavedLinearization(
        CpuResources resources,
        ConvBranch branch,
        Tensor x,
        Tensor points,
        Tensor values,
        InterleavedBranch<TVector, TActivation> packed,
        ExampleGroups groups
    )
        : base(branch, x, values.narrow(0, 0, x.size(0)))
    {
        (_workers, _branch, _groups) = (resources.Workers, packed, groups);
        _copies = points.size(0) / x.size(0);
        var weights = new InterleavedWeights((int)x.size(1), (int)branch.Layers[0].Weight.size(0));
        (_memory, _maps) = (empty(2 * weights.Size), empty(groups.Count * packed.PointSize));
        _points = Floats.Of(_maps);
        using var scope = NewDisposeScope();
        var tensors = BranchTensors.Of(branch);
        _weights = weights.Pack(tensors, Floats.Of(_memory));
        _transposed = weights.PackTransposed(tensors, Floats.Of(_memory) + weights.Size);
        var input = points.contiguous();
        float* xs = Floats.Of(input),
            ys = Floats.Of(values);
        _workers.Run(groups.Count, packed.WorkSize, (group, work) =>
        {
            nint start = groups.Start(group);
            var data = new GroupData(groups.In(group), xs + start, null, null, work);
            packed.Forward(_weights, data, MapsOf(group), ys + start, residual: false);
        });
    }

    /// <summary>Evaluates the branch. Everything lives in the caller's dispose scope.</summary>
    public static InterleavedLinearization<TVector, TActivation> At(CpuResources resources, ConvBranch branch, Tensor x)
    {
        long copies = Math.Max(1, TVector.Lanes / x.size(0));
        var points = copies == 1 ? x : x.repeat(copies, 1, 1, 1);
        long[] shape = points.shape;
        var packed = new InterleavedBranch<TVector, TActivation>(
            resources,
            shape,
            branch.Layers[0].Weight.size(0),
            branch.LeadingActivation
        );
        return new(resources, branch, x, points, empty(shape), packed, ExampleGroups.Of(shape, TVector.Lanes));
    }

    /// <inheritdoc/>
    protected override Tensor Jvp(Tensor tangents, long k) => Product(tangents, k, transposed: false);

    /// <inheritdoc/>
    protected override Tensor Vjp(Tensor cotangents, long k) => Product(cotangents, k, transposed: true);

    private InterleavedBranch<TVector, TActivation>.Maps MapsOf(int group) =>
        _branch.MapsAt(_points + group * _branch.PointSize);

    private Tensor Product(Tensor directions, long k, bool transposed)
    {
        using var scope = NewDisposeScope();
        var input = directions.to(ScalarType.Float32).contiguous();
        long rounds = (k + _copies - 1) / _copies,
            missing = (rounds * _copies - k) * BatchSize;
        if (missing > 0)
            input = cat([input, zeros([missing, .. input.shape.Skip(1)])]);
        var result = empty_like(input);
        float* from = Floats.Of(input),
            to = Floats.Of(result);
        nint batch = (nint)(_copies * BatchSize * Dimensions);
        _workers.Run((int)rounds * _groups.Count, _branch.WorkSize, (index, work) =>
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
        return (missing > 0 ? result.narrow(0, 0, k * BatchSize) : result).MoveToOuterDisposeScope();
    }
}
