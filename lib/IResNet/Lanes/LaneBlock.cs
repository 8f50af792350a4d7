using System.Runtime.Intrinsics.X86;

namespace IResNet.Lanes;

/// <summary>
/// A training step's pass through a residual block as one differentiable function: x, three weights and three biases to y and, with a series, the estimate of
/// <see cref="NeumannSeries"/>. The backward pass is written by hand: the cotangents of value and tangent share each weight. Sums over groups are taken in a fixed order, so
/// that results do not depend on the number of threads.
/// </summary>
internal sealed unsafe class LaneBlock : autograd.MultiTensorFunction<LaneBlock>
{
    private const string Setting = "setting";

    /// <inheritdoc/>
    public override string Name => nameof(LaneBlock);

    /// <summary>Whether a block's step can be taken here; otherwise it is composed of torch's operations.</summary>
    public static bool Supports(ResidualBranch branch, LogDetEstimator estimator, Tensor x) =>
        Avx512F.IsSupported
        && branch is ConvBranch { Activation: ActivationKind.Elu }
        && estimator is NoLogDet or NeumannSeries { Samples: 1 }
        && x.dtype == ScalarType.Float32 && x.device_type == DeviceType.CPU;

    /// <summary>y and the estimate; null where the estimator gives none.</summary>
    public static (Tensor y, Tensor? logDet) Apply(ResidualBranch branch, LogDetEstimator estimator, Tensor x)
    {
        var (first, middle, last) = (branch.Layers[0], branch.Layers[1], branch.Layers[2]);
        var series = estimator as NeumannSeries;
        var outputs = apply(
            x, first.EffectiveWeight(), first.Bias, middle.EffectiveWeight(), middle.Bias, last.EffectiveWeight(), last.Bias,
            new Call(branch.LeadingActivation, series?.Terms ?? 0, series?.Probes, x.shape));
        return (outputs[0], series is null ? null : outputs[1]);
    }

    /// <inheritdoc/>
    public override List<Tensor> forward(autograd.AutogradContext context, params object[] inputs)
    {
        using var scope = NewDisposeScope();
        var call = (Call)inputs[7];
        var t = inputs.OfType<Tensor>().ToArray();
        var (x, first, middle, last) = (t[0].contiguous(), t[1], t[3], t[5]);
        var plan = new LanePlan(call.Shape, hidden: first.size(0), call.LeadingActivation);
        bool series = call.Probes is not null;
        nint size = plan.Branch.SavedSize(series);
        Tensor y = empty_like(x), saved = empty(plan.Groups * size), logDet = empty(series ? plan.Examples : 0);
        Tensor probe = series ? call.Probes!.Draw(1, call.Shape, x).contiguous() : empty(0);
        using var weights = new LanePlan.Packed(LaneWeights.Pack(first), t[2], LaneWeights.Pack(middle), t[4], LaneWeights.Pack(last), t[6]);
        float* xs = LaneThreads.Data(x), ys = LaneThreads.Data(y), maps = LaneThreads.Data(saved), logDets = LaneThreads.Data(logDet), probes = LaneThreads.Data(probe);
        plan.ForEachGroup((group, work) =>
        {
            nint from = group * plan.GroupSize;
            int examples = plan.ExamplesIn(group);
            plan.Branch.Forward(weights.Pointers, xs + from, examples, ys + from, maps + group * size, work);
            if (series)
                plan.Branch.Series(weights.Pointers, call.Terms, probes + from, examples, logDets + group * LaneGeometry.Lanes, maps + group * size, work);
        });
        context.save_for_backward([saved, first, middle, last]);
        context.save_data(Setting, call);
        saved.MoveToOuterDisposeScope();
        y.MoveToOuterDisposeScope();
        return series ? [y, logDet.MoveToOuterDisposeScope()] : [y];
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext context, List<Tensor> cotangents)
    {
        using var scope = NewDisposeScope();
        var call = (Call)context.get_data(Setting);
        var t = context.get_saved_variables();
        var (saved, first, middle, last) = (t[0], t[1], t[2], t[3]);
        var plan = new LanePlan(call.Shape, hidden: first.size(0), call.LeadingActivation);
        bool series = call.Probes is not null;
        nint size = plan.Branch.SavedSize(series);
        Tensor dy = cotangents[0].contiguous(), dLogDet = series ? cotangents[1].contiguous() : empty(0);
        Tensor dx = empty_like(dy), gradients = empty(plan.Groups, plan.Branch.GradientSize);
        using var weights = new LanePlan.Packed(LaneWeights.PackTransposed(first), null, LaneWeights.PackTransposed(middle), null, LaneWeights.PackTransposed(last), null);
        float* maps = LaneThreads.Data(saved), dys = LaneThreads.Data(dy), dLogDets = LaneThreads.Data(dLogDet), dxs = LaneThreads.Data(dx), sums = LaneThreads.Data(gradients);
        plan.ForEachGroup((group, work) =>
        {
            nint from = group * plan.GroupSize;
            float* estimate = series ? dLogDets + group * LaneGeometry.Lanes : null;
            plan.Branch.Backward(
                weights.Pointers, dys + from, estimate, plan.ExamplesIn(group), maps + group * size, work, dxs + from, sums + group * (nint)plan.Branch.GradientSize);
        });
        var total = gradients.sum([0]);
        var results = new List<Tensor> { dx };
        long at = 0;
        foreach (var weight in new[] { first, middle, last })
        {
            long bias = weight.size(0);
            results.Add(total.narrow(0, at, weight.numel()).view(weight.shape));
            results.Add(total.narrow(0, at + weight.numel(), bias));
            at += weight.numel() + bias;
        }
        foreach (var result in results) result.MoveToOuterDisposeScope();
        return [.. results, null!];
    }

    /// <summary>What a call needs besides tensors.</summary>
    private sealed record Call(bool LeadingActivation, int Terms, Probes? Probes, long[] Shape);
}
