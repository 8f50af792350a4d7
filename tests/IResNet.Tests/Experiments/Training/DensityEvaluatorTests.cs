using IResNet.Experiments.Data;
using IResNet.Experiments.Training;

namespace IResNet.Tests.Experiments.Training;

public class DensityEvaluatorTests
{
    private static readonly ImageSplit Images = Tiny.Corners().Test[..16];

    /// <summary>
    /// Many terms and probes against the exact log-determinant of the same frozen model on the same dequantised images.
    /// </summary>
    [Fact]
    public void AgreesWithTheExactLogDeterminant()
    {
        using var flow = Tiny.Flow();
        var series = DensityEvaluator.Evaluate(
            flow,
            Images,
            Preprocessing.MnistDensity,
            terms: 40,
            probes: 64,
            seed: 5,
            TestContext.Current.CancellationToken
        );
        double exact;
        using (NewDisposeScope())
        using (no_grad())
        {
            flow.WithEstimator(new ExactLogDet());
            var x = Preprocessing.MnistDensity.ToTensor(Images, seed: 5);
            exact = BitsPerDimension.Of(flow.forward(x), 64).mean().ToDouble();
        }
        Assert.InRange(series.BitsPerDim, exact - 0.01, exact + 0.01);
        Assert.InRange(series.BiasBound, 0, 1e-5);

        // Negative control: two terms are visibly off, and the bound says that they may be.
        var rough = DensityEvaluator.Evaluate(
            flow,
            Images,
            Preprocessing.MnistDensity,
            terms: 1,
            probes: 64,
            seed: 5,
            TestContext.Current.CancellationToken
        );
        Assert.True(rough.BiasBound > 0.1);
    }

    /// <summary>
    /// To a stated error, as the paper evaluates: the exact value is within it, and smaller errors take more terms and
    /// probes.
    /// </summary>
    [Fact]
    public void ReachesTheErrorThatIsAskedFor()
    {
        using var flow = Tiny.Flow();
        double exact;
        using (NewDisposeScope())
        using (no_grad())
        {
            flow.Freeze().WithEstimator(new ExactLogDet());
            exact = BitsPerDimension
                .Of(flow.forward(Preprocessing.MnistDensity.ToTensor(Images, seed: 5)), 64)
                .mean()
                .ToDouble();
        }
        var rough = DensityEvaluator.EvaluateTo(
            0.05,
            flow,
            Images,
            Preprocessing.MnistDensity,
            seed: 5,
            cancel: TestContext.Current.CancellationToken
        );
        var fine = DensityEvaluator.EvaluateTo(
            0.001,
            flow,
            Images,
            Preprocessing.MnistDensity,
            seed: 5,
            cancel: TestContext.Current.CancellationToken
        );
        Assert.All([(rough, 0.05), (fine, 0.001)], pair =>
        {
            var (result, error) = pair;
            Assert.InRange(result.BiasBound, 0, error / 2);
            Assert.InRange(result.ProbeError!.Value, 0, error / 2);
            // The bias within its bound, the probes within four standard errors.
            Assert.InRange(Math.Abs(result.BitsPerDim - exact), 0, result.BiasBound + 4 * result.ProbeError.Value);
        });
        Assert.True(fine.Terms > rough.Terms && fine.Probes > rough.Probes, $"{rough} {fine}");
    }

    [Fact]
    public void AnErrorThatCannotBeReachedIsSaid()
    {
        using var flow = Tiny.Flow();
        Assert.Contains(
            "must be more than 0",
            Assert
                .Throws<ArgumentException>(() =>
                    DensityEvaluator.EvaluateTo(
                        0,
                        flow,
                        Images,
                        Preprocessing.MnistDensity,
                        cancel: TestContext.Current.CancellationToken
                    )
                )
                .Message
        );
        using var free = TinyFree();
        Assert.Contains(
            "too close to 1",
            Assert
                .Throws<ArgumentException>(() =>
                    DensityEvaluator.EvaluateTo(
                        0.1,
                        free,
                        Images,
                        Preprocessing.MnistDensity,
                        cancel: TestContext.Current.CancellationToken
                    )
                )
                .Message
        );
    }

    /// <summary>A flow without normalization, so far from a contraction that no number of terms is enough.</summary>
    private static MultiscaleFlow TinyFree()
    {
        var flow = new MultiscaleFlow(
            new FlowConfig
            {
                Input = Tiny.Shape,
                Blocks = [1],
                Strides = [1],
                Hidden = [8],
                InitialSqueeze = true,
                SpectralNorm = new() { Enabled = false },
            }
        );
        using (no_grad())
            foreach (var layer in flow.ResidualBlocks[0].Branch.Layers)
                layer.Weight.mul_(10);
        return flow;
    }

    [Fact]
    public void TheIntervalIsThatOfAMean()
    {
        var (mean, halfWidth) = Evaluation.MeanOf([1, 2, 3, 4]);
        Assert.Equal(2.5, mean, 12);
        Assert.Equal(1.959964 * Math.Sqrt(5.0 / 3) / 2, halfWidth, 6);
    }

    [Fact]
    public void TheSameSeedGivesTheSameFigureAndLeavesTheModelAsItWas()
    {
        using var flow = Tiny.Flow();
        using var before = Tiny.State(flow);
        var estimator = flow.ResidualBlocks[0].Estimator;
        DensityEvaluation Evaluate(ulong seed) =>
            DensityEvaluator.Evaluate(flow, Images, Preprocessing.MnistDensity, seed: seed);
        Assert.Equal(Evaluate(1), Evaluate(1));
        Assert.NotEqual(Evaluate(1).BitsPerDim, Evaluate(2).BitsPerDim);
        Assert.Same(estimator, flow.ResidualBlocks[0].Estimator);
        using var after = Tiny.State(flow);
        Assert.Equal(0, Expect.MaxAbs(after - before));
    }
}
