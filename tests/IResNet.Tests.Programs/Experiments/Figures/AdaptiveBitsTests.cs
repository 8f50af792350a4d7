using IResNet.Experiments.Data;
using IResNet.Experiments.Figures;
using IResNet.Tests.Programs.Experiments.Training;

namespace IResNet.Tests.Programs.Experiments.Figures;

public class AdaptiveBitsTests
{
    private static readonly ImageSplit Images = Tiny.Corners().Test[..16];

    /// <summary>
    /// The exact value lies within the stated errors, which are as asked; a smaller error takes more products.
    /// </summary>
    [Fact]
    public void ReachesTheErrorThatIsAskedFor()
    {
        using var scope = NewDisposeScope();
        using var flow = Stretched();
        var rough = AdaptiveBits.Of(
            flow,
            Images,
            Preprocessing.MnistDensity,
            0.05,
            seed: 3,
            TestContext.Current.CancellationToken
        );
        var fine = AdaptiveBits.Of(
            flow,
            Images,
            Preprocessing.MnistDensity,
            0.001,
            seed: 3,
            TestContext.Current.CancellationToken
        );
        double exact = Bits(flow, new ExactLogDet());
        Assert.All([(rough, 0.05), (fine, 0.001)], pair =>
        {
            var (result, error) = pair;
            Assert.InRange(result.BiasBound, 0, error / 2);
            Assert.InRange(result.ProbeError, 0, error / 2);
            Assert.InRange(Math.Abs(result.BitsPerDim - exact), 0, result.BiasBound + 4 * result.ProbeError + 1e-6);
        });
        Assert.True(fine.Products > rough.Products, $"{rough} {fine}");
        // Negative control: without log-determinants of the blocks the value is elsewhere.
        Assert.True(Math.Abs(Bits(flow, new NoLogDet()) - exact) > 0.1);
    }

    /// <summary>51 images are 26 and 25, not 50 and a batch of one that knows little of its probes' scatter.</summary>
    [Fact]
    public void TheLastBatchIsNoSmallerThanTheOthers()
    {
        using var scope = NewDisposeScope();
        using var flow = Stretched();
        var images = Tiny.Corners().Test[..51];
        var result = AdaptiveBits.Of(
            flow,
            images,
            Preprocessing.MnistDensity,
            0.01,
            seed: 3,
            TestContext.Current.CancellationToken
        );
        double exact = Bits(flow, new ExactLogDet(), images);
        Assert.InRange(Math.Abs(result.BitsPerDim - exact), 0, result.BiasBound + 4 * result.ProbeError + 1e-6);
        Assert.InRange(result.ProbeError, 0, 0.005);
        // The control: one image by itself takes far more products than in company.
        var company = AdaptiveBits.Of(
            flow,
            images[..50],
            Preprocessing.MnistDensity,
            0.01,
            seed: 3,
            TestContext.Current.CancellationToken
        );
        Assert.InRange(result.Products, 0.5 * company.Products, 1.5 * company.Products);
    }

    [Fact]
    public void RefusesWhatCannotBe()
    {
        using var flow = Tiny.Flow();
        Assert.Contains(
            "more than 0",
            Assert
                .Throws<ArgumentException>(() =>
                    AdaptiveBits.Of(
                        flow,
                        Images,
                        Preprocessing.MnistDensity,
                        0,
                        cancel: TestContext.Current.CancellationToken
                    )
                )
                .Message
        );
        Assert.Contains(
            "2 or more",
            Assert
                .Throws<ArgumentException>(() =>
                    AdaptiveBits.Of(
                        flow,
                        Images[..1],
                        Preprocessing.MnistDensity,
                        0.1,
                        cancel: TestContext.Current.CancellationToken
                    )
                )
                .Message
        );
    }

    /// <summary>
    /// A model whose norms are at their bound, and whose branches are nearly gradients: so their Jacobians have
    /// eigenvalues far from 0, and traces to see.
    /// </summary>
    internal static MultiscaleFlow Stretched()
    {
        var flow = Tiny.Flow();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var layers in flow.ResidualBlocks.Select(block => block.Branch.Layers))
        {
            layers[0].Weight.mul_(10);
            layers[1].Weight.copy_(eye(8).view(8, 8, 1, 1));
            layers[2].Weight.copy_(layers[0].Weight.transpose(0, 1).flip(2, 3));
        }
        flow.Freeze();
        return flow;
    }

    private static double Bits(Flow flow, LogDetEstimator estimator, ImageSplit? images = null)
    {
        using var noGrad = no_grad();
        return BitsPerDimension
            .Of(flow.LogProb(Preprocessing.MnistDensity.ToTensor(images ?? Images, seed: 3), _ => estimator), 64)
            .mean()
            .ToDouble();
    }
}
