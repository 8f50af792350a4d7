using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Cpu;

/// <summary>
/// oneDNN, with which libtorch computes convolutions on x86. On some virtual processors (seen where they do not tell
/// the size of their caches) version 3.7.1, that of libtorch 2.10, rearranges maps wrongly whose channels do not fill a
/// vector: results without any likeness to a convolution, or NaN, and no error.
/// </summary>
internal static class OneDnn
{
    // Not multiples of 4, 8 or 16, below and above 16: a tail in every blocking.
    private static readonly int[] Channels = [3, 7, 23];

    /// <summary>
    /// Whether convolutions of single precision, with their gradients, agree with those of double precision, which
    /// oneDNN does not compute. Takes some milliseconds; leaves the generator of random numbers alone.
    /// </summary>
    public static bool ComputesRight()
    {
        using var scope = NewDisposeScope();
        return Channels.All(input => Channels.All(output => AgreesWithDouble(input, output)));
    }

    private static bool AgreesWithDouble(int input, int output)
    {
        var (x, w) = (Numbers(2, input, 6, 6), Numbers(output, input, 3, 3));
        var (y, dx, dw) = Convolution(x, w);
        var (exactY, exactDx, exactDw) = Convolution(x.to(float64), w.to(float64));
        return Close(y, exactY) && Close(dx, exactDx) && Close(dw, exactDw);
    }

    private static (Tensor y, Tensor dx, Tensor dw) Convolution(Tensor x, Tensor w)
    {
        using var gradients = set_grad_enabled(true);
        (x, w) = (x.detach().requires_grad_(), w.detach().requires_grad_());
        var y = nn.functional.conv2d(x, w, padding: [1L, 1L]);
        var inputs = autograd.grad([y], [x, w], [y.detach()]);
        return (y.detach(), inputs[0], inputs[1]);
    }

    private static Tensor Numbers(params long[] shape) =>
        arange(shape.Aggregate(1L, (product, n) => product * n)).mul(0.7).sin().reshape(shape).to(float32);

    // NaN is not close either.
    private static bool Close(Tensor value, Tensor exact) =>
        (value - exact).abs().max().ToDouble() <= 1e-4 * exact.abs().max().ToDouble();
}
