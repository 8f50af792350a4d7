using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace IResNet.Lanes;

/// <summary>
/// x exp(s) + b with one s and b a channel, as one differentiable function with one pass over the images each way. The
/// gradient of s is the sum of dy (y - b), so the output is kept and not the input: the block behind needs it anyway.
/// That is the gradient at a y changed by a rounding unit.
/// </summary>
internal sealed unsafe class ChannelAffine : autograd.MultiTensorFunction<ChannelAffine>
{
    /// <inheritdoc/>
    public override string Name => nameof(ChannelAffine);

    /// <summary>Whether x can be taken here.</summary>
    public static bool Supports(Tensor x) =>
        Avx512F.IsSupported && x.dim() == 4 && x.dtype == ScalarType.Float32 && x.device_type == DeviceType.CPU;

    /// <summary>y.</summary>
    /// <param name="x">Shape (n, channels, height, width).</param>
    /// <param name="logScale">s.</param>
    /// <param name="shift">b.</param>
    public static Tensor Apply(Tensor x, Tensor logScale, Tensor shift) => apply(x, logScale, shift)[0];

    /// <inheritdoc/>
    public override List<Tensor> forward(autograd.AutogradContext context, params object[] inputs)
    {
        using var scope = NewDisposeScope();
        var (x, scale, shift) = (
            ((Tensor)inputs[0]).contiguous(),
            ((Tensor)inputs[1]).exp(),
            ((Tensor)inputs[2]).contiguous()
        );
        var y = empty_like(x);
        float* xs = LaneThreads.Data(x),
            ys = LaneThreads.Data(y),
            scales = LaneThreads.Data(scale),
            shifts = LaneThreads.Data(shift);
        var (examples, channels, plane) = Sizes(x);
        LaneThreads.Run(examples, 0, (example, _) =>
        {
            for (int channel = 0; channel < channels; channel++)
            {
                nint at = ((nint)example * channels + channel) * plane;
                VectorMath.Affine(xs + at, scales[channel], shifts[channel], ys + at, plane);
            }
        });
        context.save_for_backward([y, scale, shift]);
        foreach (var tensor in new[] { y, scale, shift })
            tensor.MoveToOuterDisposeScope();
        return [y];
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext context, List<Tensor> cotangents)
    {
        using var scope = NewDisposeScope();
        var saved = context.get_saved_variables();
        var dy = cotangents[0].contiguous();
        var (examples, channels, plane) = Sizes(dy);
        Tensor dx = empty_like(dy),
            sums = empty(examples, 2, channels);
        float* dys = LaneThreads.Data(dy),
            dxs = LaneThreads.Data(dx),
            ys = LaneThreads.Data(saved[0]),
            totals = LaneThreads.Data(sums);
        float* scales = LaneThreads.Data(saved[1]),
            shifts = LaneThreads.Data(saved[2]);
        LaneThreads.Run(examples, 0, (example, _) =>
        {
            float* total = totals + (nint)example * 2 * channels;
            for (int channel = 0; channel < channels; channel++)
            {
                nint at = ((nint)example * channels + channel) * plane;
                (total[channel], total[channels + channel]) = VectorMath.AffineGradient(
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
        return BackwardPass.End(cotangents, [dx, total.select(0, 0), total.select(0, 1)]);
    }

    private static (int examples, int channels, int plane) Sizes(Tensor x)
    {
        var s = x.shape;
        return ((int)s[0], (int)s[1], (int)(s[2] * s[3]));
    }
}
