using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Benchmarking;

/// <summary>
/// The highest rate at which this machine convolves: a 3x3 convolution of 512 channels to 512 on 16x16 maps, channels
/// last, the shape at which libtorch is best. What a case's floating-point operations would take at this rate is its
/// lower bound.
/// </summary>
internal static class ConvolutionPeak
{
    private const int Batch = 8,
        Channels = 512,
        Side = 16,
        Kernel = 3;

    /// <summary>Floating-point operations per second, a multiply-add counted as two.</summary>
    public static double Measure()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var x = ChannelsLast(randn(Batch, Channels, Side, Side));
        var weight = ChannelsLast(randn(Channels, Channels, Kernel, Kernel));
        var timing = Timing.Of(
            () => nn.functional.conv2d(x, weight, padding: [1, 1]).Dispose(),
            TimeSpan.FromSeconds(1)
        );
        return 2.0 * Batch * Channels * Channels * Kernel * Kernel * Side * Side / timing.Min;
    }

    private static Tensor ChannelsLast(Tensor x) => x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
}
