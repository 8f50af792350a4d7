namespace IResNet.Cpu;

/// <summary>
/// x exp(s) + b with one s and b per channel, as one differentiable function with one pass over the images each way.
/// The gradient of s is the sum of dy (y - b), so the output is kept and not the input: the block behind needs it
/// anyway. That is the gradient at a y changed by a rounding unit.
/// </summary>
internal sealed unsafe class ChannelAffineFunction<TVector>
    : HandWrittenFunction<ChannelAffineFunction<TVector>, ChannelAffineFunction<TVector>.Setting>
    where TVector : unmanaged, IVector<TVector>
{
    /// <summary>y.</summary>
    /// <param name="resources">Memory and threads.</param>
    /// <param name="x">Shape (n, channels, height, width).</param>
    /// <param name="logScale">s.</param>
    /// <param name="shift">b.</param>
    public static Tensor Apply(CpuResources resources, Tensor x, Tensor logScale, Tensor shift) =>
        Run(new(resources), x, logScale, shift)[0];

    /// <inheritdoc/>
    protected override (List<Tensor> outputs, List<Tensor> saved) Forward(
        Setting call,
        Tensor[] inputs,
        bool differentiable
    )
    {
        var (x, scale, shift) = (inputs[0].contiguous(), inputs[1].exp(), inputs[2].contiguous());
        var y = empty_like(x);
        float* xs = Floats.Of(x),
            ys = Floats.Of(y),
            scales = Floats.Of(scale),
            shifts = Floats.Of(shift);
        var (examples, channels, plane) = Sizes(x);
        call.Resources.Workers.Run(examples, 0, (example, _) =>
        {
            for (int channel = 0; channel < channels; channel++)
            {
                nint at = ((nint)example * channels + channel) * plane;
                VectorMath<TVector>.Affine(xs + at, scales[channel], shifts[channel], ys + at, plane);
            }
        });
        return ([y], [y, inputs[1], inputs[2]]);
    }

    /// <inheritdoc/>
    protected override IEnumerable<Tensor?> Backward(Setting call, List<Tensor> saved, Tensor?[] cotangents)
    {
        var (y, scale, shift, dy) = (saved[0], saved[1].exp(), saved[2].contiguous(), cotangents[0]!.contiguous());
        var (examples, channels, plane) = Sizes(dy);
        Tensor dx = empty_like(dy),
            sums = empty(examples, 2, channels);
        float* dys = Floats.Of(dy),
            dxs = Floats.Of(dx),
            ys = Floats.Of(y),
            totals = Floats.Of(sums);
        float* scales = Floats.Of(scale),
            shifts = Floats.Of(shift);
        call.Resources.Workers.Run(examples, 0, (example, _) =>
        {
            float* total = totals + (nint)example * 2 * channels;
            for (int channel = 0; channel < channels; channel++)
            {
                nint at = ((nint)example * channels + channel) * plane;
                (total[channel], total[channels + channel]) = VectorMath<TVector>.AffineGradient(
                    dys + at,
                    ys + at,
                    scales[channel],
                    shifts[channel],
                    dxs + at,
                    plane
                );
            }
        });
        var total = sums.sum([0]);
        return [dx, total.select(0, 0), total.select(0, 1)];
    }

    /// <inheritdoc/>
    protected override IEnumerable<Tensor?> Differentiable(Setting call, List<Tensor> saved, Tensor?[] cotangents)
    {
        var (y, dy) = (saved[0], cotangents[0]!);
        long[] perChannel = [1, -1, 1, 1],
            others = [0, 2, 3];
        return
        [
            dy * saved[1].exp().view(perChannel),
            (dy * (y - saved[2].view(perChannel))).sum(others),
            dy.sum(others),
        ];
    }

    private static (int examples, int channels, int plane) Sizes(Tensor x)
    {
        long[] s = x.shape;
        return ((int)s[0], (int)s[1], (int)(s[2] * s[3]));
    }

    /// <summary>There is nothing to set.</summary>
    internal sealed record Setting(CpuResources Resources) : FunctionCall(Resources);
}
