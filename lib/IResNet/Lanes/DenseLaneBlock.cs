using System.Runtime.Intrinsics.X86;

namespace IResNet.Lanes;

/// <summary>
/// A training step's pass through a residual block of dense layers as one differentiable function, as <see cref="LaneBlock"/> is for convolutions: x, weights and biases to y
/// and the log-determinant, exact for 2-D data or by <see cref="NeumannSeries"/>. The backward pass is written by hand. Sums over groups are taken in a fixed order, so that
/// results do not depend on the number of threads.
/// </summary>
internal sealed unsafe class DenseLaneBlock : autograd.MultiTensorFunction<DenseLaneBlock>
{
    private const string Setting = "setting";

    /// <inheritdoc/>
    public override string Name => nameof(DenseLaneBlock);

    /// <summary>Whether a block's step can be taken here; otherwise it is composed of torch's operations.</summary>
    public static bool Supports(ResidualBranch branch, LogDetEstimator estimator, Tensor x) =>
        Avx512F.IsSupported
        && branch is DenseBranch { Activation: ActivationKind.Elu, LeadingActivation: false }
        && x.dim() == 2 && x.dtype == ScalarType.Float32 && x.device_type == DeviceType.CPU
        && estimator switch
        {
            NoLogDet or NeumannSeries { Samples: 1 } => true,
            ExactLogDet => x.size(1) == 2,
            _ => false,
        };

    /// <summary>y and the log-determinant; null where the estimator gives none.</summary>
    public static (Tensor y, Tensor? logDet) Apply(ResidualBranch branch, LogDetEstimator estimator, Tensor x)
    {
        var series = estimator as NeumannSeries;
        int tangents = estimator is ExactLogDet ? 2 : series is null ? 0 : 1;
        int[] widths = [(int)x.size(1), .. branch.Layers.Select(layer => (int)layer.Weight.size(0))];
        var weights = branch.Layers.SelectMany(layer => new[] { layer.EffectiveWeight(), layer.Bias }).ToArray();
        bool differentiable = is_grad_enabled() && (x.requires_grad || weights.Any(weight => weight.requires_grad));
        var outputs = apply([x, .. weights, new Call(widths, tangents, series, differentiable)]);
        return (outputs[0], tangents == 0 ? null : outputs[1]);
    }

    /// <inheritdoc/>
    public override List<Tensor> forward(autograd.AutogradContext context, params object[] inputs)
    {
        using var scope = NewDisposeScope();
        var call = (Call)inputs[^1];
        var tensors = inputs.OfType<Tensor>().Select(tensor => tensor.contiguous()).ToArray();
        var x = tensors[0];
        var probe = call.Series?.Probes.Draw(1, x.shape, x).contiguous() ?? empty(0);
        Tensor y = empty_like(x), logDet = empty(call.Tangents > 0 ? x.size(0) : 0);
        Tensor[] saved = [probe, .. tensors];
        call.Maps = Compute(call, saved, y, logDet);
        if (!call.Differentiable) call.Release();
        context.save_for_backward([.. saved]);
        context.save_data(Setting, call);
        foreach (var tensor in (Tensor[])[.. saved, y, logDet]) tensor.MoveToOuterDisposeScope();
        return call.Tangents > 0 ? [y, logDet] : [y];
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext context, List<Tensor> cotangents)
    {
        using var scope = NewDisposeScope();
        var call = (Call)context.get_data(Setting);
        var saved = context.get_saved_variables();
        var x = saved[1];
        // A retained graph can be differentiated again after its maps have gone to another step.
        call.Maps ??= Compute(call, saved, empty_like(x), empty(x.size(0)));
        var plan = call.PlanFor(x);
        var matrices = saved.Skip(2).Where((_, i) => i % 2 == 0).ToList();
        Tensor dy = cotangents[0].contiguous(), dLogDet = call.Tangents > 0 ? cotangents[1].contiguous() : empty(0);
        Tensor dx = empty_like(dy), gradients = empty(plan.Groups, plan.Branch.GradientSize);
        using (var weights = new DenseWeights(matrices, transposed: true))
        {
            float* maps = call.Maps.Pointer, sums = LaneThreads.Data(gradients);
            float* dys = LaneThreads.Data(dy), dLogDets = LaneThreads.Data(dLogDet), dxs = LaneThreads.Data(dx);
            plan.ForEachGroup((group, work) =>
            {
                nint from = group * plan.GroupSize;
                plan.Branch.Backward(
                    weights, dys + from, dLogDets + group * DenseLanes.Group, plan.ExamplesIn(group), maps + group * plan.Branch.SavedSize, work, dxs + from,
                    sums + group * (nint)plan.Branch.GradientSize);
            });
        }
        call.Release();
        var total = gradients.sum([0]);
        var results = new List<Tensor> { dx };
        long at = 0;
        foreach (var matrix in matrices)
        {
            long bias = matrix.size(0);
            results.Add(total.narrow(0, at, matrix.numel()).view(matrix.shape));
            results.Add(total.narrow(0, at + matrix.numel(), bias));
            at += matrix.numel() + bias;
        }
        foreach (var result in results) result.MoveToOuterDisposeScope();
        return [.. results, null!];
    }

    /// <summary>The forward pass: fills y and the log-determinant, and returns what the backward pass needs.</summary>
    /// <param name="call">The setting.</param>
    /// <param name="inputs">The probe, x, and each layer's weight and bias.</param>
    /// <param name="y">As x.</param>
    /// <param name="logDet">One an example.</param>
    private static LaneMemory Compute(Call call, IReadOnlyList<Tensor> inputs, Tensor y, Tensor logDet)
    {
        var plan = call.PlanFor(inputs[1]);
        var maps = LaneMemory.Rent(plan.Groups * plan.Branch.SavedSize);
        var parameters = inputs.Skip(2).ToList();
        using var weights = new DenseWeights(
            [.. parameters.Where((_, i) => i % 2 == 0)], transposed: false, [.. parameters.Where((_, i) => i % 2 == 1)]);
        float* probes = LaneThreads.Data(inputs[0]), xs = LaneThreads.Data(inputs[1]), ys = LaneThreads.Data(y), logDets = LaneThreads.Data(logDet);
        float* all = maps.Pointer;
        plan.ForEachGroup((group, work) =>
        {
            nint from = group * plan.GroupSize;
            int examples = plan.ExamplesIn(group);
            float* saved = all + group * plan.Branch.SavedSize, logDet = logDets + group * DenseLanes.Group;
            plan.Branch.Forward(weights, xs + from, examples, ys + from, saved, work);
            if (call.Series is not null) plan.Branch.Series(weights, call.Series.Terms, probes + from, examples, logDet, saved, work);
            else if (call.Tangents > 0) plan.Branch.Exact(weights, examples, logDet, saved);
        });
        return maps;
    }

    /// <summary>What a call needs besides tensors.</summary>
    private sealed record Call(int[] Widths, int Tangents, NeumannSeries? Series, bool Differentiable)
    {
        /// <summary>Of the forward pass, until the backward pass has used them.</summary>
        public LaneMemory? Maps { get; set; }

        public DenseLanes Branch { get; } = new(Widths, Tangents);

        public Plan PlanFor(Tensor x) => new(this, (int)x.size(0));

        public void Release()
        {
            Maps?.Dispose();
            Maps = null;
        }
    }

    /// <summary>How a batch is cut into groups of 64 examples, and the groups spread over threads.</summary>
    private readonly struct Plan(Call call, int examples)
    {
        public DenseLanes Branch => call.Branch;

        public int Groups => (examples + DenseLanes.Group - 1) / DenseLanes.Group;

        public nint GroupSize => DenseLanes.Group * (nint)call.Widths[0];

        public int ExamplesIn(int group) => Math.Min(DenseLanes.Group, examples - group * DenseLanes.Group);

        public void ForEachGroup(LaneThreads.Work work) => LaneThreads.Run(Groups, Branch.WorkSize, work);
    }
}
