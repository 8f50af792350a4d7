using System.Runtime.Intrinsics.X86;

namespace IResNet.Lanes;

/// <summary>
/// A training step's pass through a residual block of dense layers as one differentiable function, as
/// <see cref="LaneBlock"/> is for convolutions: x, weights and biases to y and the log-determinant, exact for 2-D data
/// or by <see cref="NeumannSeries"/>. The backward pass is written by hand. Sums over groups are taken in a fixed
/// order, so that results do not depend on the number of threads.
/// </summary>
internal sealed unsafe class DenseLaneBlock : autograd.MultiTensorFunction<DenseLaneBlock>
{
    private const string Setting = "setting";

    /// <inheritdoc/>
    public override string Name => nameof(DenseLaneBlock);

    /// <summary>Whether a block's step can be taken here; otherwise it is composed of torch's operations.</summary>
    public static bool Supports(ResidualBranch branch, LogDetEstimator estimator, Tensor x) =>
        Avx512F.IsSupported
        && branch is DenseBranch { LeadingActivation: false } dense
        && dense.Activations.All(activation => activation is Elu)
        && x.dim() == 2
        && x.dtype == ScalarType.Float32
        && x.device_type == DeviceType.CPU
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
        int tangents =
            estimator is ExactLogDet ? 2
            : series is null ? 0
            : 1;
        int[] widths = [(int)x.size(1), .. branch.Layers.Select(layer => (int)layer.Weight.size(0))];
        var call = new Call(new(widths, tangents), tangents, series, (int)x.size(0), widths[0]);
        var outputs = apply([
            x,
            .. branch.Layers.SelectMany(layer => new[] { layer.EffectiveWeight(), layer.Bias }),
            call,
        ]);
        return (outputs[0], tangents == 0 ? null : outputs[1]);
    }

    /// <inheritdoc/>
    public override List<Tensor> forward(autograd.AutogradContext context, params object[] inputs)
    {
        using var scope = NewDisposeScope();
        var call = (Call)inputs[^1];
        var tensors = inputs.OfType<Tensor>().Select(tensor => tensor.contiguous()).ToArray();
        var (x, lanes) = (tensors[0], call.Lanes);
        Tensor y = empty_like(x),
            logDet = empty(call.Tangents > 0 ? x.size(0) : 0);
        Tensor probe = call.Series?.Probes.Draw(1, x.shape, x).contiguous() ?? empty(0),
            direction = empty_like(probe);
        using (var weights = call.Pack(tensors, transposed: false))
        {
            float* xs = LaneThreads.Data(x),
                ys = LaneThreads.Data(y),
                logDets = LaneThreads.Data(logDet);
            float* probes = LaneThreads.Data(probe),
                directions = LaneThreads.Data(direction);
            call.ForEachGroup(
                (group, point) =>
                {
                    var (from, examples) = (call.StartOf(group), call.ExamplesIn(group));
                    float* work = point + lanes.PointSize,
                        logDet = logDets + group * DenseLanes.Group;
                    lanes.MoveTo(weights, xs + from, examples, point);
                    lanes.Value(weights, examples, ys + from, point, work);
                    if (call.Series is { Terms: var terms })
                        lanes.Series(weights, terms, probes + from, examples, logDet, directions + from, point, work);
                    else if (call.Tangents > 0)
                        lanes.Exact(weights, examples, logDet, point);
                }
            );
        }
        Tensor[] saved = [.. tensors, probe, direction];
        context.save_for_backward([.. saved]);
        context.save_data(Setting, call);
        foreach (var tensor in (Tensor[])[.. saved, y, logDet])
            tensor.MoveToOuterDisposeScope();
        return call.Tangents > 0 ? [y, logDet] : [y];
    }

    /// <summary>
    /// Goes to each point again: that takes less time than to read what the forward pass would have left in memory.
    /// </summary>
    public override List<Tensor> backward(autograd.AutogradContext context, List<Tensor> cotangents)
    {
        using var scope = NewDisposeScope();
        var call = (Call)context.get_data(Setting);
        var saved = context.get_saved_variables();
        var (x, probe, direction, lanes) = (saved[0], saved[^2], saved[^1], call.Lanes);
        Tensor dy = cotangents[0].contiguous(),
            dLogDet = call.Tangents > 0 ? cotangents[1].contiguous() : empty(0);
        Tensor dx = empty_like(dy),
            gradients = empty(call.Groups, lanes.GradientSize);
        using (
            DenseWeights weights = call.Pack(saved, transposed: false),
                transposed = call.Pack(saved, transposed: true)
        )
        {
            float* xs = LaneThreads.Data(x),
                probes = LaneThreads.Data(probe),
                directions = LaneThreads.Data(direction),
                sums = LaneThreads.Data(gradients);
            float* dys = LaneThreads.Data(dy),
                dLogDets = LaneThreads.Data(dLogDet),
                dxs = LaneThreads.Data(dx);
            call.ForEachGroup(
                (group, point) =>
                {
                    var (from, examples) = (call.StartOf(group), call.ExamplesIn(group));
                    float* work = point + lanes.PointSize;
                    lanes.MoveTo(weights, xs + from, examples, point);
                    if (call.Series is not null)
                        lanes.LastProduct(weights, probes + from, directions + from, examples, point, work);
                    else if (call.Tangents > 0)
                        lanes.Exact(weights, examples, work, point);
                    lanes.Backward(
                        transposed,
                        dys + from,
                        dLogDets + group * DenseLanes.Group,
                        examples,
                        point,
                        work,
                        dxs + from,
                        sums + group * (nint)lanes.GradientSize
                    );
                }
            );
        }
        var total = gradients.sum([0]);
        var results = new List<Tensor> { dx };
        long at = 0;
        foreach (var parameter in saved.Skip(1).SkipLast(2))
        {
            results.Add(total.narrow(0, at, parameter.numel()).view(parameter.shape));
            at += parameter.numel();
        }
        return BackwardPass.End(cotangents, [.. results, null]);
    }

    /// <summary>
    /// What a call needs besides tensors: how a batch is cut into groups of 64 examples, and the groups spread over
    /// threads.
    /// </summary>
    private sealed record Call(DenseLanes Lanes, int Tangents, NeumannSeries? Series, int Examples, int Features)
    {
        public int Groups => (Examples + DenseLanes.Group - 1) / DenseLanes.Group;

        public nint StartOf(int group) => group * DenseLanes.Group * (nint)Features;

        public int ExamplesIn(int group) => Math.Min(DenseLanes.Group, Examples - group * DenseLanes.Group);

        public void ForEachGroup(LaneThreads.Work work) =>
            LaneThreads.Run(Groups, Lanes.PointSize + Lanes.WorkSize, work);

        /// <summary>From x, each layer's weight and bias, and others.</summary>
        public DenseWeights Pack(IReadOnlyList<Tensor> tensors, bool transposed)
        {
            var layers = Enumerable.Range(0, Lanes.Layers);
            return new(
                [.. layers.Select(layer => tensors[1 + 2 * layer])],
                transposed,
                transposed ? null : [.. layers.Select(layer => tensors[2 + 2 * layer])]
            );
        }
    }
}
