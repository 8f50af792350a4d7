using System.Runtime.Intrinsics.X86;
using IResNet.Wide;

namespace IResNet.Lanes;

/// <summary>
/// A training step's pass through a residual block as one differentiable function: x, three weights and three biases to
/// y and, with a series, the estimate of <see cref="NeumannSeries"/>. The backward pass is written by hand: the
/// cotangents of value and tangent share each weight. Sums over groups are taken in a fixed order, so that results do
/// not depend on the number of threads.
/// </summary>
internal sealed unsafe class LaneBlock : HandWrittenFunction<LaneBlock, LaneBlock.Setting>
{
    // With fewer, most lanes would be empty and torch is faster.
    private const int LeastExamples = LaneGeometry.Lanes / 2;

    /// <summary>Whether a block's step can be taken here; otherwise it is composed of torch's operations.</summary>
    public static bool Supports(ResidualBranch branch, LogDetEstimator estimator, Tensor x) =>
        estimator is NoLogDet or NeumannSeries { Samples: 1 }
        && Knows(branch, x)
        && (x.size(0) >= LeastExamples || WideStep.Supports(x.size(0), branch.Layers[0].Weight.size(0)));

    /// <summary>Whether lanes know a branch and a batch like x fills them.</summary>
    public static bool Supports(ResidualBranch branch, Tensor x) => Knows(branch, x) && x.size(0) >= LeastExamples;

    private static bool Knows(ResidualBranch branch, Tensor x) =>
        Avx512F.IsSupported
        && branch is ConvBranch convolutional
        && convolutional.Activations.All(activation => activation is Elu)
        && x.dtype == ScalarType.Float32
        && x.device_type == DeviceType.CPU;

    /// <summary>y and the estimate; null where the estimator gives none.</summary>
    public static (Tensor y, Tensor? logDet) Apply(ResidualBranch branch, LogDetEstimator estimator, Tensor x)
    {
        var outputs = Run(
            new((ConvBranch)branch, estimator as NeumannSeries),
            [x, .. branch.Layers.SelectMany(layer => new[] { layer.EffectiveWeight(), layer.Bias })]
        );
        return (outputs[0], outputs.ElementAtOrDefault(1));
    }

    /// <inheritdoc/>
    protected override (List<Tensor> outputs, List<Tensor> saved) Forward(
        Setting call,
        Tensor[] inputs,
        bool differentiable
    )
    {
        var x = inputs[0];
        Tensor y = empty(x.shape),
            logDet = empty(call.HasSeries ? x.size(0) : 0),
            probe = call.Series?.Probes.Draw(1, x.shape, x).contiguous() ?? empty(0);
        List<Tensor> saved = [x, probe, .. inputs.Skip(1)];
        call.Maps = Compute(call, saved, y, logDet);
        if (!differentiable)
            call.Release();
        return (call.HasSeries ? [y, logDet] : [y], saved);
    }

    /// <inheritdoc/>
    protected override IEnumerable<Tensor?> Backward(Setting call, List<Tensor> saved, Tensor?[] cotangents)
    {
        var (x, first, middle, last) = (saved[0].contiguous(), saved[2], saved[4], saved[6]);
        // A retained graph can be differentiated again after its maps have gone to another step.
        call.Maps ??= Compute(call, saved, empty_like(x), empty(x.size(0)));
        var step = call.StepFor(x, first);
        nint size = step.SavedSize(call.HasSeries);
        var dy = cotangents[0]?.contiguous() ?? zeros_like(x);
        var dLogDet = call.HasSeries ? cotangents[1]?.contiguous() : null;
        Tensor dx = empty_like(dy),
            gradients = empty(step.Groups, step.GradientSize);
        using var weights = Pack(step, saved);
        using var transposed = step.PackTransposed([first, middle, last]);
        float* xs = LaneThreads.Data(x),
            probes = LaneThreads.Data(saved[1]),
            maps = call.Maps.Pointer,
            sums = LaneThreads.Data(gradients);
        float* dys = LaneThreads.Data(dy),
            dLogDets = dLogDet is null ? null : LaneThreads.Data(dLogDet),
            dxs = LaneThreads.Data(dx);
        step.ForEachGroup(
            (group, work) =>
            {
                nint from = group * step.GroupSize;
                float* estimate = dLogDets is null ? null : dLogDets + step.FirstOf(group);
                step.Backward(
                    weights.Pointers,
                    transposed.Pointers,
                    xs + from,
                    probes + from,
                    dys + from,
                    estimate,
                    step.ExamplesIn(group),
                    maps + group * size,
                    work,
                    dxs + from,
                    sums + group * (nint)step.GradientSize
                );
            }
        );
        call.Release();
        var total = SumOverGroups(sums, step);
        var results = new List<Tensor> { dx };
        long at = 0;
        foreach (var weight in new[] { first, middle, last })
        {
            long bias = weight.size(0);
            results.Add(total.narrow(0, at, weight.numel()).view(weight.shape));
            results.Add(total.narrow(0, at + weight.numel(), bias));
            at += weight.numel() + bias;
        }
        return results;
    }

    /// <inheritdoc/>
    protected override IEnumerable<Tensor?> Differentiable(Setting call, List<Tensor> saved, Tensor?[] cotangents)
    {
        var g = call.Branch.Linearize(saved[0], [saved[2], saved[4], saved[6]]);
        var logDet = call.Series?.With(new GivenProbe(saved[1])).Estimate(g);
        return Gradients([saved[0] + g.Value, logDet], cotangents, [saved[0], .. saved.Skip(2)]);
    }

    /// <summary>In the groups' order, a piece a thread.</summary>
    private static Tensor SumOverGroups(float* gradients, BlockStep step)
    {
        const int Piece = 1 << 14;
        int size = step.GradientSize;
        var total = empty(size);
        float* totals = LaneThreads.Data(total);
        LaneThreads.Run((size + Piece - 1) / Piece, 0, (piece, _) =>
        {
            int from = piece * Piece,
                count = Math.Min(Piece, size - from);
            new Span<float>(gradients + from, count).CopyTo(new Span<float>(totals + from, count));
            for (int group = 1; group < step.Groups; group++)
                VectorMath.Add(gradients + group * (nint)size + from, 1, totals + from, count);
        });
        return total;
    }

    /// <summary>The forward pass: fills y and the estimate, and returns what the backward pass needs.</summary>
    /// <param name="call">The setting.</param>
    /// <param name="inputs">x, the probe, and three weights with their biases.</param>
    /// <param name="y">As x.</param>
    /// <param name="logDet">One an example.</param>
    private static LaneMemory Compute(Setting call, IReadOnlyList<Tensor> inputs, Tensor y, Tensor logDet)
    {
        using var x = inputs[0].contiguous();
        var step = call.StepFor(x, inputs[2]);
        nint size = step.SavedSize(call.HasSeries);
        var maps = LaneMemory.Rent(step.Groups * size);
        using var weights = Pack(step, inputs);
        float* xs = LaneThreads.Data(x),
            probes = LaneThreads.Data(inputs[1]),
            ys = LaneThreads.Data(y),
            logDets = LaneThreads.Data(logDet);
        float* saved = maps.Pointer;
        step.ForEachGroup(
            (group, work) =>
            {
                nint from = group * step.GroupSize;
                int examples = step.ExamplesIn(group);
                step.Forward(weights.Pointers, xs + from, examples, ys + from, saved + group * size, work);
                if (call.HasSeries)
                    step.Series(
                        weights.Pointers,
                        call.Series!.Terms,
                        probes + from,
                        examples,
                        logDets + step.FirstOf(group),
                        saved + group * size,
                        work
                    );
            }
        );
        return maps;
    }

    private static BlockWeights Pack(BlockStep step, IReadOnlyList<Tensor> inputs) =>
        step.Pack([inputs[2], inputs[4], inputs[6]], [inputs[3], inputs[5], inputs[7]]);

    /// <summary>What a call needs besides tensors.</summary>
    internal sealed record Setting(SequentialBranch Branch, NeumannSeries? Series)
    {
        public bool HasSeries => Series is not null;

        /// <summary>Of the forward pass, until the backward pass has used them.</summary>
        public LaneMemory? Maps { get; set; }

        public BlockStep StepFor(Tensor x, Tensor first) =>
            BlockStep.Of(x.shape, first.size(0), Branch.LeadingActivation);

        public void Release()
        {
            Maps?.Dispose();
            Maps = null;
        }
    }
}
