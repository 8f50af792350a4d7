namespace IResNet.Tests;

/// <summary>
/// The ground everything else stands on: after <see cref="NativeRuntime.Configure"/> libtorch's convolutions are right
/// on this processor, with any number of channels and whatever lay in the memory that they take.
/// </summary>
public class ConvolutionTests
{
    [Fact]
    public void ConvolutionsOfSinglePrecisionAgreeWithDouble()
    {
        Draw.Seed(1);
        var random = new Random(1);
        for (int trial = 0; trial < 60; trial++)
        {
            using var scope = NewDisposeScope();
            int batch = random.Next(1, 9),
                from = random.Next(1, 40),
                to = random.Next(1, 40),
                side = random.Next(3, 12),
                kernel = 2 * random.Next(2) + 1,
                stride = random.Next(1, 3);
            var (x, w) = (randn(batch, from, side, side), randn(to, from, kernel, kernel));
            Tensor[] Results(ScalarType type)
            {
                using var inner = NewDisposeScope();
                LeaveNaNBehind();
                var (a, b) = (x.to(type).requires_grad_(), w.to(type).requires_grad_());
                var y = nn.functional.conv2d(
                    a,
                    b,
                    strides: [(long)stride, stride],
                    padding: [(long)kernel / 2, kernel / 2]
                );
                var sides = autograd.grad([y], [a, b], [y.detach().sin()]);
                return [.. new[] { y.detach(), sides[0], sides[1] }.Select(t => t.MoveToOuterDisposeScope())];
            }
            foreach (var (single, exact, what) in Results(float32).Zip(Results(float64), ["y", "dx", "dw"]))
                Expect.Close(
                    single.to(float64),
                    exact,
                    1e-4 * (1 + exact.abs().max().ToDouble()),
                    $"{what} of {from} to {to} channels, {kernel}x{kernel}, stride {stride}, {batch} of {side}x{side}"
                );
        }
    }

    /// <summary>Memory that the next tensors get and that is not zero.</summary>
    private static void LeaveNaNBehind()
    {
        using var scope = NewDisposeScope();
        for (int size = 64; size < 1 << 18; size += size / 2)
            full([size], float.NaN);
    }
}
