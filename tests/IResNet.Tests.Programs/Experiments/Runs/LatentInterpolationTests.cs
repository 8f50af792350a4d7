using IResNet.Experiments.Runs;
using IResNet.Tests.Programs.Experiments.Figures;
using IResNet.Tests.Programs.Experiments.Training;

namespace IResNet.Tests.Programs.Experiments.Runs;

public class LatentInterpolationTests
{
    [Fact]
    public void EndsAreTheImagesAndLatentsLieOnALine()
    {
        using var scope = NewDisposeScope();
        using var flow = AdaptiveBitsTests.Stretched();
        // Values of both signs, between which the activations are not linear.
        manual_seed(1);
        var x = 2 * randn(4, 1, 8, 8);
        var (from, to) = (x[..2], x[2..]);
        var images = LatentInterpolation.Between(flow, from, to, steps: 5).view(2, 5, 1, 8, 8);
        Assert.InRange(Expect.MaxAbs(images[.., 0] - from), 0, 1e-4);
        Assert.InRange(Expect.MaxAbs(images[.., 4] - to), 0, 1e-4);
        using var noGrad = no_grad();
        var middle = (flow.LatentsOf(from) + flow.LatentsOf(to)) / 2;
        Assert.InRange(Expect.MaxAbs(flow.LatentsOf(images[.., 2]) - middle), 0, 1e-3);
        // Negative control: it is not the mean of the pixels.
        Assert.InRange(Expect.MaxAbs(images[.., 2] - (from + to) / 2), 0.01, double.PositiveInfinity);
    }

    [Fact]
    public void RefusesWhatMakesNoLine()
    {
        using var scope = NewDisposeScope();
        using var flow = AdaptiveBitsTests.Stretched();
        Assert.Contains(
            "make no pairs",
            Assert
                .Throws<ArgumentException>(() =>
                    LatentInterpolation.Between(flow, zeros(2, 1, 8, 8), zeros(1, 1, 8, 8), 3)
                )
                .Message
        );
        Assert.Contains(
            "two ends",
            Assert
                .Throws<ArgumentException>(() =>
                    LatentInterpolation.Between(flow, zeros(1, 1, 8, 8), zeros(1, 1, 8, 8), 1)
                )
                .Message
        );
    }
}
