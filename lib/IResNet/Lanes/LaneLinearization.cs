namespace IResNet.Lanes;

/// <summary>A linearization whose products are taken by the vector kernels. No gradients.</summary>
internal sealed unsafe class LaneLinearization : Linearization
{
    private readonly LanePlan _plan;
    private readonly LanePlan.Packed _weights,
        _transposed;
    private readonly Tensor _maps;

    private LaneLinearization(
        ResidualBranch branch,
        Tensor x,
        Tensor value,
        LanePlan plan,
        LanePlan.Packed weights,
        LanePlan.Packed transposed,
        Tensor maps
    )
        : base(branch, x, value) => (_plan, _weights, _transposed, _maps) = (plan, weights, transposed, maps);

    private nint MapsSize => _plan.Branch.PointSize;

    /// <summary>Evaluates the branch. Everything lives in the caller's dispose scope.</summary>
    public static LaneLinearization At(ResidualBranch branch, Tensor x)
    {
        var plan = new LanePlan(x.shape, branch.Layers[0].Weight.size(0), ((ConvBranch)branch).LeadingActivation);
        var weights = LanePlan.Packed.Of(branch);
        nint size = plan.Branch.PointSize;
        Tensor input = x.contiguous(),
            value = empty_like(input),
            maps = empty(plan.Groups * size);
        float* xs = LaneThreads.Data(input),
            values = LaneThreads.Data(value),
            saved = LaneThreads.Data(maps);
        plan.ForEachGroup(
            (group, work) =>
            {
                nint from = group * plan.GroupSize;
                plan.Branch.Forward(
                    weights.Pointers,
                    xs + from,
                    plan.ExamplesIn(group),
                    values + from,
                    plan.Branch.MapsAt(saved + group * size),
                    work,
                    residual: false
                );
            }
        );
        GC.KeepAlive(input);
        return new(branch, x, value, plan, weights, LanePlan.Packed.TransposedOf(branch), maps);
    }

    protected override Tensor Jvp(Tensor tangents, long k) => Product(tangents, k, transposed: false);

    protected override Tensor Vjp(Tensor cotangents, long k) => Product(cotangents, k, transposed: true);

    private Tensor Product(Tensor directions, long k, bool transposed)
    {
        using var scope = NewDisposeScope();
        var input = directions.to(ScalarType.Float32).contiguous();
        var result = empty_like(input);
        var weights = (transposed ? _transposed : _weights).Pointers;
        float* from = LaneThreads.Data(input),
            to = LaneThreads.Data(result),
            maps = LaneThreads.Data(_maps);
        nint batch = (nint)(BatchSize * Dimensions);
        LaneThreads.Run((int)k * _plan.Groups, _plan.Branch.WorkSize, (index, work) =>
        {
            int group = index % _plan.Groups,
                examples = _plan.ExamplesIn(group);
            nint at = index / _plan.Groups * batch + group * _plan.GroupSize;
            var point = _plan.Branch.MapsAt(maps + group * MapsSize);
            if (transposed)
                _plan.Branch.Vjp(weights, from + at, examples, to + at, point, work);
            else
                _plan.Branch.Jvp(weights, from + at, examples, to + at, point, work);
        });
        return result.MoveToOuterDisposeScope();
    }
}
