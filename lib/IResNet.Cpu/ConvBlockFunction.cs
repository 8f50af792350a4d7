namespace IResNet.Cpu;

/// <summary>
/// A convolutional residual block as one differentiable function: x, three weights and biases and the activations'
/// parameters to y and, with a series, the estimate of <see cref="WeightedSeries"/>. In the backward pass the
/// cotangents of value and tangent share each weight. Sums over groups are taken in a fixed order, so that results do
/// not depend on the number of threads.
/// </summary>
internal sealed unsafe class ConvBlockFunction<TVector, TActivation>
    : HandWrittenFunction<ConvBlockFunction<TVector, TActivation>, ConvBlockFunction<TVector, TActivation>.Setting>
    where TVector : unmanaged, IVector<TVector>
    where TActivation : unmanaged, IVectorActivation<TVector, TActivation>
{
    /// <summary>y and the estimate; null where the estimator gives none.</summary>
    public static (Tensor y, Tensor? logDet) Apply(
        CpuResources resources,
        ConvBranch branch,
        LogDetEstimator estimator,
        Tensor x
    )
    {
        var series = DrawnSeries.Of(estimator, branch, x.shape);
        var outputs = Run(
            new(resources, branch, series),
            [series?.Repeat(x) ?? x, .. BranchTensors.ParametersOf(branch)]
        );
        return series is null ? (outputs[0], null) : series.Mean(outputs[0], outputs[1]);
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
            probe = call.Series?.Draw(x) ?? empty(0);
        call.Saved = Compute(call, x.contiguous(), probe, BranchTensors.Of(inputs[1..]), (y, logDet));
        if (!differentiable)
            call.Release();
        return (call.HasSeries ? [y, logDet] : [y], [x, probe, .. inputs[1..]]);
    }

    /// <inheritdoc/>
    protected override IEnumerable<Tensor?> Backward(Setting call, List<Tensor> saved, Tensor?[] cotangents)
    {
        var (x, probe, tensors) = (saved[0].contiguous(), saved[1], BranchTensors.Of(saved[2..]));
        // A retained graph can be differentiated again after its maps have gone to another step.
        call.Saved ??= Compute(call, x, probe, tensors, (empty_like(x), empty(x.size(0))));
        var (step, maps) = (call.StepFor(x, tensors), call.Saved);
        var dy = cotangents[0]?.contiguous() ?? zeros_like(x);
        var dLogDet = cotangents.ElementAtOrDefault(1)?.contiguous();
        Tensor dx = empty_like(dy),
            gradients = empty(step.Groups.Count, step.GradientSize);
        using var memory = call.Resources.Memory.Rent(2 * step.WeightsSize);
        var weights = step.Pack(tensors, memory.Pointer);
        var transposed = step.PackTransposed(tensors, memory.Pointer + step.WeightsSize);
        float* xs = Floats.Of(x),
            probes = Floats.Of(probe),
            sums = Floats.Of(gradients);
        float* dys = Floats.Of(dy),
            dLogDets = dLogDet is null ? null : Floats.Of(dLogDet),
            dxs = Floats.Of(dx);
        var groups = step.Groups;
        call.Resources.Workers.Run(groups.Count, step.WorkSize, (group, work) =>
        {
            nint start = groups.Start(group);
            var data = new GroupData(groups.In(group), xs + start, probes + start, maps[group].Pointer, work);
            var ends = new GroupCotangents(
                dys + start,
                dLogDets is null ? null : dLogDets + groups.First(group),
                dxs + start,
                sums + group * (nint)step.GradientSize
            );
            step.Backward(weights, transposed, data, ends);
        });
        call.Release();
        return [dx, .. GroupSums<TVector>.Of(call.Resources.Workers, gradients, saved[2..])];
    }

    /// <inheritdoc/>
    protected override IEnumerable<Tensor?> Differentiable(Setting call, List<Tensor> saved, Tensor?[] cotangents)
    {
        var g = call.Branch.Linearize(saved[0], [saved[2], saved[4], saved[6]]);
        var logDet = call.Series?.Weights.Estimate(g, saved[1]);
        return Gradients([saved[0] + g.Value, logDet], cotangents, [saved[0], .. saved[2..]]);
    }

    /// <summary>The forward pass: fills y and the estimate, and returns what the backward pass needs of each
    /// group.</summary>
    private static MemoryBlock[] Compute(
        Setting call,
        Tensor x,
        Tensor probe,
        BranchTensors tensors,
        (Tensor y, Tensor logDet) outputs
    )
    {
        var step = call.StepFor(x, tensors);
        var groups = step.Groups;
        var memory = call.Resources.Memory;
        nint size = step.SavedSize(call.HasSeries);
        MemoryBlock[] maps = [.. Enumerable.Range(0, groups.Count).Select(_ => memory.Rent(size))];
        using var packed = memory.Rent(step.WeightsSize);
        var weights = step.Pack(tensors, packed.Pointer);
        float* xs = Floats.Of(x),
            probes = Floats.Of(probe),
            ys = Floats.Of(outputs.y),
            logDets = Floats.Of(outputs.logDet);
        call.Resources.Workers.Run(groups.Count, step.WorkSize, (group, work) =>
        {
            nint start = groups.Start(group);
            var data = new GroupData(groups.In(group), xs + start, probes + start, maps[group].Pointer, work);
            step.Forward(weights, data, ys + start);
            if (call.Series is { Weights: var series })
                step.Series(weights, series, data, logDets + groups.First(group));
        });
        return maps;
    }

    /// <summary>What a call needs besides tensors.</summary>
    internal sealed record Setting(CpuResources Resources, ConvBranch Branch, DrawnSeries? Series)
        : FunctionCall(Resources)
    {
        public bool HasSeries => Series is not null;

        /// <summary>Of the forward pass' groups, until the backward pass has used them.</summary>
        public MemoryBlock[]? Saved { get; set; }

        public BlockStep StepFor(Tensor x, BranchTensors tensors) =>
            BlockStep.Of<TVector, TActivation>(Resources, x.shape, tensors.First.size(0), Branch.LeadingActivation);

        public void Release()
        {
            foreach (var map in Saved ?? [])
                map.Dispose();
            Saved = null;
        }
    }
}
