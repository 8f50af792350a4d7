using IResNet.Cpu;

namespace IResNet.Tests.Cpu;

/// <summary>ActNorm's pass over images computes what torch's operations compute, judged in float64.</summary>
public class ChannelAffineFunctionTests
{
    private const double Tolerance = 2e-6;

    [Theory]
    [InlineData(5, 3, 4, 4)]
    [InlineData(1, 1, 1, 1)]
    [InlineData(9, 7, 5, 7)]
    [InlineData(32, 12, 16, 16)]
    public void EqualsTorch(int examples, int channels, int height, int width)
    {
        var (fast, reference) = (
            new Setting(examples, channels, height, width).Differentiate(fast: true),
            new Setting(examples, channels, height, width).Differentiate(fast: false)
        );
        foreach (var (name, expected) in reference)
            Expect.Close(fast[name], expected, Tolerance, name);
    }

    /// <summary>
    /// Negative control: the gradient of s belongs to the output that was kept, and of another shift is another one.
    /// </summary>
    [Fact]
    public void AnotherShiftHasTheSameGradientsButAnotherOutput()
    {
        var (one, other) = (
            new Setting(6, 2, 5, 3).Differentiate(fast: true),
            new Setting(6, 2, 5, 3, shiftBy: 3).Differentiate(fast: true)
        );
        Assert.True(Expect.RelativeError(other["y"], one["y"]) > 0.1);
        foreach (string name in new[] { "x", "scale", "shift" })
            Expect.Close(other[name], one[name], Tolerance, name);
        var scaled = new Setting(6, 2, 5, 3, scaleBy: 0.5).Differentiate(fast: true);
        Assert.True(Expect.RelativeError(scaled["x"], one["x"]) > 0.1);
        Assert.True(Expect.RelativeError(scaled["scale"], one["scale"]) > 0.1);
    }

    /// <summary>Images in any layout.</summary>
    [Fact]
    public void LayoutsDoNotMatter()
    {
        using var backend = Kernels.Use();
        using var norm = new ActNorm(3);
        norm.train();
        var x = randn(4, 5, 6, 3).permute(0, 3, 1, 2);
        Expect.Close(norm.forward(x).y, norm.forward(x.contiguous()).y, 1e-7, "y");
    }

    private sealed class Setting
    {
        private readonly Tensor _x,
            _dy,
            _scale,
            _shift;

        public Setting(int examples, int channels, int height, int width, double shiftBy = 0, double scaleBy = 0)
        {
            Kernels.Need();
            manual_seed(examples + channels);
            (_x, _dy) = (randn(examples, channels, height, width), randn(examples, channels, height, width));
            (_scale, _shift) = (0.3 * randn(channels) + scaleBy, randn(channels) + shiftBy);
        }

        public Dictionary<string, Tensor> Differentiate(bool fast)
        {
            var dtype = fast ? ScalarType.Float32 : ScalarType.Float64;
            Tensor Leaf(Tensor t) => t.to(dtype).detach().clone().requires_grad_();
            var (x, scale, shift) = (Leaf(_x), Leaf(_scale), Leaf(_shift));
            var y = fast
                ? ChannelAffineFunction<Floats16>.Apply(Kernels.Resources, x, scale, shift)
                : x * scale.exp().view(1, -1, 1, 1) + shift.view(1, -1, 1, 1);
            (y * _dy.to(dtype)).sum().backward();
            return new()
            {
                ["y"] = y.detach(),
                ["x"] = x.grad!,
                ["scale"] = scale.grad!,
                ["shift"] = shift.grad!,
            };
        }
    }
}
