using IResNet.Experiments.Figures;

namespace IResNet.Tests.Programs.Experiments.Figures;

public class ReconstructionErrorTests
{
    [Fact]
    public void NormalizedNetworksComeBack()
    {
        using var scope = NewDisposeScope();
        var (flow, x) = Flows.Create("SingleScaleFlow");
        var back = ReconstructionError.Of(flow, x, iterations: 200);
        Assert.Equal((0, 3), (back.Diverged, back.Within(1e-10)));
        Expect.Near(back.Images, x, back.Worst, "images");
        Assert.InRange(back.Worst, 0, 1e-10);
    }

    /// <summary>Few iterations leave an error, and it is the one of each image.</summary>
    [Fact]
    public void ErrorsAreThoseOfTheImages()
    {
        using var scope = NewDisposeScope();
        var (flow, x) = Flows.Create("SingleScaleFlow");
        var back = ReconstructionError.Of(flow, x, iterations: 2);
        for (int i = 0; i < 3; i++)
            Assert.Equal(Expect.MaxAbs(back.Images[i] - x[i]), back.Errors[i]);
        Assert.True(back.Worst > 1e-3);
        Assert.Equal(0, back.Within(1e-3));
    }

    /// <summary>
    /// F(x) = x - 3 elu(x) is not injective: of four points one comes back, one ends at another preimage, and two run
    /// away. Each is reported as what it is, and nothing is NaN.
    /// </summary>
    [Fact]
    public void WithoutNormalizationEachImageFailsInItsOwnWay()
    {
        using var scope = NewDisposeScope();
        var flow = new ToyFlow(1, [2], new SpectralNormOptions { Enabled = false });
        using (no_grad())
        {
            foreach (var layer in flow.ResidualBlocks[0].Branch.Layers)
            {
                layer.Weight.copy_(eye(2));
                layer.Bias.zero_();
            }
            flow.ResidualBlocks[0].Branch.Layers[1].Weight.mul_(-3);
        }
        flow.Freeze();

        var x = tensor(new float[] { -10, -10, 1, 1, -1, -1, -0.5f, -0.5f }).view(4, 2);
        var back = ReconstructionError.Of(flow, x);
        Assert.Equal([true, true, false, false], back.Failures.Select(failure => failure is null));
        Assert.InRange(back.Errors[0], 0, 1e-5);
        Assert.InRange(back.Errors[1], 3, 10);
        Assert.Equal([double.PositiveInfinity, double.PositiveInfinity], back.Errors.Skip(2));
        Assert.Equal((2, double.PositiveInfinity, 1), (back.Diverged, back.Worst, back.Within(1)));
        Assert.True(isfinite(back.Images).all().ToBoolean());
        Assert.Equal(0, Expect.MaxAbs(back.Images.narrow(0, 2, 2)));
        Assert.Contains("range of numbers", back.Failures[2]);
        // The second point's own image is another point's too.
        Expect.Near(flow.LatentsOf(back.Images.narrow(0, 1, 1)), flow.LatentsOf(x.narrow(0, 1, 1)), 1e-5, "preimage");
    }
}
