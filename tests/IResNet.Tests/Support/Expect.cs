namespace IResNet.Tests;

/// <summary>Comparisons of tensors that say by how much they fail.</summary>
internal static class Expect
{
    /// <summary>max |actual - expected| / max |expected|, in float64.</summary>
    public static double RelativeError(Tensor actual, Tensor expected)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(expected.shape, actual.shape);
        var (a, e) = (actual.detach().to(ScalarType.Float64), expected.detach().to(ScalarType.Float64));
        double scale = e.abs().max().ToDouble(),
            difference = (a - e).abs().max().ToDouble();
        return scale == 0 ? difference : difference / scale;
    }

    public static void Close(Tensor actual, Tensor expected, double relative, string what)
    {
        double error = RelativeError(actual, expected);
        Assert.True(error <= relative, $"{what}: relative error {error:g3} exceeds {relative:g3}.");
    }

    /// <summary>As <see cref="Close"/>, with an absolute bound: for quantities that may be 0.</summary>
    public static void Near(Tensor actual, Tensor expected, double absolute, string what)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(expected.shape, actual.shape);
        double error = MaxAbs(actual - expected);
        Assert.True(error <= absolute, $"{what}: error {error:g3} exceeds {absolute:g3}.");
    }

    public static double MaxAbs(Tensor difference)
    {
        using var scope = NewDisposeScope();
        return difference.detach().abs().max().ToDouble();
    }
}
