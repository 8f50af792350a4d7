namespace IResNet.Lanes;

/// <summary>
/// A branch with the weights of now, packed once: for the many evaluations of an inverse. No gradients.
/// </summary>
internal sealed unsafe class LaneEvaluation
{
    private readonly ResidualBranch _branch;
    private readonly LanePlan.Packed _weights;
    private readonly long _hidden;

    /// <summary>Packs the weights; they live in the caller's dispose scope.</summary>
    public LaneEvaluation(ResidualBranch branch)
    {
        (_branch, _hidden) = (branch, branch.Layers[0].Weight.size(0));
        _weights = LanePlan.Packed.Of(branch);
    }

    /// <summary>Whether a branch can be evaluated here on a batch like x.</summary>
    public static bool Supports(ResidualBranch branch, Tensor x) => !is_grad_enabled() && LaneBlock.Supports(branch, x);

    /// <summary>g(x).</summary>
    public Tensor Evaluate(Tensor x)
    {
        _branch.Check(x);
        using var scope = NewDisposeScope();
        var input = x.contiguous();
        var value = empty_like(input);
        var plan = new LanePlan(input.shape, _hidden, ((ConvBranch)_branch).LeadingActivation);
        float* xs = LaneThreads.Data(input),
            values = LaneThreads.Data(value);
        nint point = plan.Branch.PointSize;
        LaneThreads.Run(plan.Groups, plan.Branch.WorkSize + point, (group, work) =>
        {
            nint from = group * plan.GroupSize;
            plan.Branch.Forward(
                _weights.Pointers,
                xs + from,
                plan.ExamplesIn(group),
                values + from,
                plan.Branch.MapsAt(work),
                work + point,
                residual: false
            );
        });
        return value.MoveToOuterDisposeScope();
    }
}
