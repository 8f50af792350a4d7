using IResNet.Experiments.Data;
using IResNet.Experiments.Training;

namespace IResNet.Tests.Experiments.Training;

public class DensityEvaluatorTests
{
    private static readonly ImageSplit Images = Tiny.Corners().Test[..16];

    /// <summary>Many terms and probes against the exact log-determinant of the same frozen model on the same dequantised images.</summary>
    [Fact]
    public void AgreesWithTheExactLogDeterminant()
    {
        using var flow = Tiny.Flow();
        var series = DensityEvaluator.Evaluate(flow, Images, Preprocessing.MnistDensity, terms: 40, probes: 64, seed: 5, TestContext.Current.CancellationToken);
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
        var rough = DensityEvaluator.Evaluate(flow, Images, Preprocessing.MnistDensity, terms: 1, probes: 64, seed: 5, TestContext.Current.CancellationToken);
        Assert.True(rough.BiasBound > 0.1);
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
        DensityEvaluation Evaluate(ulong seed) => DensityEvaluator.Evaluate(flow, Images, Preprocessing.MnistDensity, seed: seed);
        Assert.Equal(Evaluate(1), Evaluate(1));
        Assert.NotEqual(Evaluate(1).BitsPerDim, Evaluate(2).BitsPerDim);
        Assert.Same(estimator, flow.ResidualBlocks[0].Estimator);
        using var after = Tiny.State(flow);
        Assert.Equal(0, Expect.MaxAbs(after - before));
    }
}
