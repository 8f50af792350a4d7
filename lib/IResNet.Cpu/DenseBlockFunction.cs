namespace IResNet.Cpu;

/// <summary>
/// A training step's pass through a residual block of dense layers as one differentiable function, as
/// <see cref="ConvBlockFunction{TVector, TActivation}"/> is for convolutions: x, weights, biases and activations'
/// parameters to y and the log-determinant, exact for 2-D data or by <see cref="WeightedSeries"/>. The backward pass is
/// written by hand.
/// </summary>
internal sealed unsafe class DenseBlockFunction<TVector, TActivation>
    : HandWrittenFunction<DenseBlockFunction<TVector, TActivation>, DenseBlockFunction<TVector, TActivation>.Setting>
    where TVector : unmanaged, IVector<TVector>
    where TActivation : unmanaged, IVectorActivation<TVector, TActivation>
{
    /// <summary>y and the log-determinant; null where the estimator gives none.</summary>
    public static (Tensor y, Tensor? logDet) Apply(
        CpuResources resources,
        DenseBranch branch,
        LogDetEstimator estimator,
        Tensor x
    )
    {
        var series = DrawnSeries.Of(estimator, branch, x.shape);
        var points = series?.Repeat(x) ?? x;
        int[] widths = [(int)x.size(1), .. branch.Layers.Select(layer => (int)layer.Weight.size(0))];
        var groups = ExampleGroups.Of(points.shape, InterleavedDense<TVector, TActivation>.Group);
        var outputs = Run(
            new(resources, branch, estimator, series, widths, groups),
            [points, .. BranchTensors.ParametersOf(branch)]
        );
        return series is null ? (outputs[0], outputs.ElementAtOrDefault(1)) : series.Mean(outputs[0], outputs[1]);
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
        Tensor probe = call.Series?.Draw(x) ?? empty(0),
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
                lanes.MoveTo(weights, xs + from, examples, point, backward: false);
                lanes.Value(weights, examples, ys + from, point, work);
                if (call.Series is { Weights: var series })
                    lanes.Series(weights, series, probes + from, examples, logDet, directions + from, point, work);
                else if (call.Tangents > 0)
                    lanes.Exact(weights, examples, logDet, point, backward: false);
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
                lanes.MoveTo(weights, xs + from, examples, point, backward: true);
                if (tangents > 0 && call.Series is not null)
                    lanes.LastProduct(weights, probes + from, directions + from, examples, point, work);
                else if (tangents > 0)
                    lanes.Exact(weights, examples, work, point, backward: true);
                lanes.Backward(
                    weights,
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
        return [dx, .. GroupSums<TVector>.Of(call.Resources.Workers, gradients, saved[1..^2])];
    }

    /// <inheritdoc/>
    protected override IEnumerable<Tensor?> Differentiable(Setting call, List<Tensor> saved, Tensor?[] cotangents)
    {
        var (x, parameters) = (saved[0], saved[1..^2]);
        var g = call.Branch.Linearize(x, [.. call.Layers.Select(layer => parameters[2 * layer])]);
        var logDet = call.Series?.Weights.Estimate(g, saved[^2]) ?? call.Estimator.Estimate(g);
        return Gradients([x + g.Value, logDet], cotangents, [x, .. parameters]);
    }

    /// <summary>What a call needs besides tensors.</summary>
    internal sealed record Setting(
        CpuResources Resources,
        DenseBranch Branch,
        LogDetEstimator Estimator,
        DrawnSeries? Series,
        int[] Widths,
        ExampleGroups Groups
    ) : FunctionCall(Resources)
    {
        public IEnumerable<int> Layers => Enumerable.Range(0, Widths.Length - 1);

        public int Tangents =>
            Estimator is ExactLogDet ? 2
            : Series is null ? 0
            : 1;

        public InterleavedDense<TVector, TActivation> Lanes(int tangents) => new(Widths, tangents);

        public void ForEachGroup(InterleavedDense<TVector, TActivation> lanes, Workers.Work work) =>
            Resources.Workers.Run(Groups.Count, lanes.PointSize + lanes.WorkSize, work);

        /// <summary>From x, each layer's weight and bias, the activations' parameters, and others.</summary>
        public DenseWeights Pack(
            InterleavedDense<TVector, TActivation> lanes,
            IReadOnlyList<Tensor> tensors,
            bool transposed
        )
        {
            using var scope = NewDisposeScope();
            return new(
                Resources.Memory,
                [.. Layers.Select(layer => tensors[1 + 2 * layer].contiguous())],
                transposed,
                transposed ? null : [.. Layers.Select(layer => tensors[2 + 2 * layer].contiguous())],
                transposed || !TActivation.IsLearned
                    ? null
                    : [.. tensors.Skip(1 + 2 * lanes.Layers).Take(lanes.Layers - 1)]
            );
        }
    }
}
