namespace IResNet.Cpu;

/// <summary>
/// A training step's pass through a residual block of dense layers as one differentiable function, as
/// <see cref="ConvBlockFunction{TVector}"/> is for convolutions: x, weights and biases to y and the log-determinant,
/// exact for 2-D data or by <see cref="NeumannSeries"/>. The backward pass is written by hand. Sums over groups are
/// taken in a fixed order, so that results do not depend on the number of threads.
/// </summary>
internal sealed unsafe class DenseBlockFunction<TVector>
    : HandWrittenFunction<DenseBlockFunction<TVector>, DenseBlockFunction<TVector>.Setting>
    where TVector : unmanaged, IVector<TVector>
{
    /// <summary>y and the log-determinant; null where the estimator gives none.</summary>
    public static (Tensor y, Tensor? logDet) Apply(
        CpuResources resources,
        DenseBranch branch,
        LogDetEstimator estimator,
        Tensor x
    )
    {
        int[] widths = [(int)x.size(1), .. branch.Layers.Select(layer => (int)layer.Weight.size(0))];
        var groups = ExampleGroups.Of(x.shape, InterleavedDense<TVector>.Group);
        var outputs = Run(
            new(resources, branch, estimator, widths, groups),
            [x, .. BranchTensors.ParametersOf(branch)]
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
        var lanes = call.Lanes(call.Tangents);
        var x = inputs[0].contiguous();
        Tensor y = empty_like(x),
            logDet = empty(call.Tangents > 0 ? x.size(0) : 0);
        Tensor probe = call.Series?.Probes.Draw(1, x.shape, x).contiguous() ?? empty(0),
            direction = empty_like(probe);
        using (var weights = call.Pack(lanes, inputs, transposed: false))
        {
            float* xs = Floats.Of(x),
                ys = Floats.Of(y),
                logDets = Floats.Of(logDet);
            float* probes = Floats.Of(probe),
                directions = Floats.Of(direction);
            call.ForEachGroup(lanes, (group, point) =>
            {
                var (from, examples) = (call.Groups.Start(group), call.Groups.In(group));
                float* work = point + lanes.PointSize,
                    logDet = logDets + call.Groups.First(group);
                lanes.MoveTo(weights, xs + from, examples, point);
                lanes.Value(weights, examples, ys + from, point, work);
                if (call.Series is { Terms: var terms })
                    lanes.Series(weights, terms, probes + from, examples, logDet, directions + from, point, work);
                else if (call.Tangents > 0)
                    lanes.Exact(weights, examples, logDet, point);
            });
        }
        return (call.Tangents > 0 ? [y, logDet] : [y], [.. inputs, probe, direction]);
    }

    /// <summary>
    /// Goes to each point again: that takes less time than to read what the forward pass would have left in memory.
    /// </summary>
    protected override IEnumerable<Tensor?> Backward(Setting call, List<Tensor> saved, Tensor?[] cotangents)
    {
        var (x, probe, direction) = (saved[0].contiguous(), saved[^2], saved[^1]);
        var dLogDet = cotangents.ElementAtOrDefault(1)?.contiguous();
        int tangents = dLogDet is null ? 0 : call.Tangents;
        var lanes = call.Lanes(tangents);
        Tensor dy = cotangents[0]?.contiguous() ?? zeros_like(x),
            dx = empty_like(dy),
            gradients = empty(call.Groups.Count, lanes.GradientSize);
        using (
            DenseWeights weights = call.Pack(lanes, saved, transposed: false),
                transposed = call.Pack(lanes, saved, transposed: true)
        )
        {
            float* xs = Floats.Of(x),
                probes = Floats.Of(probe),
                directions = Floats.Of(direction),
                sums = Floats.Of(gradients);
            float* dys = Floats.Of(dy),
                dLogDets = dLogDet is null ? null : Floats.Of(dLogDet),
                dxs = Floats.Of(dx);
            call.ForEachGroup(lanes, (group, point) =>
            {
                var (from, examples) = (call.Groups.Start(group), call.Groups.In(group));
                float* work = point + lanes.PointSize;
                lanes.MoveTo(weights, xs + from, examples, point);
                if (tangents > 0 && call.Series is not null)
                    lanes.LastProduct(weights, probes + from, directions + from, examples, point, work);
                else if (tangents > 0)
                    lanes.Exact(weights, examples, work, point);
                lanes.Backward(
                    transposed,
                    dys + from,
                    dLogDets + call.Groups.First(group),
                    examples,
                    point,
                    work,
                    dxs + from,
                    sums + group * (nint)lanes.GradientSize
                );
            });
        }
        var total = gradients.sum([0]);
        var results = new List<Tensor> { dx };
        long at = 0;
        foreach (var parameter in saved.Skip(1).SkipLast(2))
        {
            results.Add(total.narrow(0, at, parameter.numel()).view(parameter.shape));
            at += parameter.numel();
        }
        return results;
    }

    /// <inheritdoc/>
    protected override IEnumerable<Tensor?> Differentiable(Setting call, List<Tensor> saved, Tensor?[] cotangents)
    {
        var (x, parameters) = (saved[0], saved.Skip(1).SkipLast(2).ToList());
        var g = call.Branch.Linearize(x, [.. parameters.Where((_, i) => i % 2 == 0)]);
        var estimator = call.Series is { Terms: var terms }
            ? new NeumannSeries(terms, 1, new GivenProbe(saved[^2]))
            : call.Estimator;
        return Gradients([x + g.Value, estimator.Estimate(g)], cotangents, [x, .. parameters]);
    }

    /// <summary>What a call needs besides tensors.</summary>
    internal sealed record Setting(
        CpuResources Resources,
        DenseBranch Branch,
        LogDetEstimator Estimator,
        int[] Widths,
        ExampleGroups Groups
    ) : FunctionCall(Resources)
    {
        public NeumannSeries? Series => Estimator as NeumannSeries;

        public int Tangents =>
            Estimator is ExactLogDet ? 2
            : Series is null ? 0
            : 1;

        public InterleavedDense<TVector> Lanes(int tangents) => new(Widths, tangents);

        public void ForEachGroup(InterleavedDense<TVector> lanes, Workers.Work work) =>
            Resources.Workers.Run(Groups.Count, lanes.PointSize + lanes.WorkSize, work);

        /// <summary>From x, each layer's weight and bias, and others.</summary>
        public DenseWeights Pack(InterleavedDense<TVector> lanes, IReadOnlyList<Tensor> tensors, bool transposed)
        {
            var layers = Enumerable.Range(0, lanes.Layers);
            using var scope = NewDisposeScope();
            return new(
                Resources.Memory,
                [.. layers.Select(layer => tensors[1 + 2 * layer].contiguous())],
                transposed,
                transposed ? null : [.. layers.Select(layer => tensors[2 + 2 * layer].contiguous())]
            );
        }
    }
}
