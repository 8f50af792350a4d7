using IResNet.Experiments.Data;
using IResNet.Experiments.Training;

namespace IResNet.Tests.Programs.Experiments.Training;

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

    /// <summary>
    /// Where no series is named, the flow's own estimators evaluate: exact ones exactly, a series with its terms for
    /// evaluation, one of the user's own as it is.
    /// </summary>
    [Fact]
    public void TheFlowsOwnEstimatorsEvaluate()
    {
        using var flow = Tiny.Flow();
        DensityEvaluation Evaluate(LogDetEstimator? own, int? terms = null)
        {
            if (own is not null)
                flow.WithEstimator(own);
            return DensityEvaluator.Evaluate(flow, Images, Preprocessing.MnistDensity, terms);
        }
        var byDefault = Evaluate(null);
        Assert.Equal((20, 1, "PowerSeries"), (byDefault.Terms, byDefault.Probes, byDefault.Estimator));
        var exact = Evaluate(new ExactLogDet());
        Assert.Equal((0, 0.0, "ExactLogDet"), (exact.Terms, exact.BiasBound, exact.Estimator));
        Assert.Contains("ExactLogDet, bias below 0)", exact.ToString(), StringComparison.Ordinal);
        var counted = new Counted();
        var custom = Evaluate(counted);
        Assert.True(counted.Calls > 0);
        Assert.Equal(double.PositiveInfinity, custom.BiasBound);
        Assert.Equal(exact.BitsPerDim, custom.BitsPerDim, 10);
        // A series that is named comes first, and the estimator is the flow's all the same.
        counted.Calls = 0;
        Assert.Equal((7, "PowerSeries"), (Evaluate(null, 7).Terms, Evaluate(null, 7).Estimator));
        Assert.Equal(0, counted.Calls);
        Assert.Same(counted, flow.ResidualBlocks[0].Estimator);
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
        // Student's t for three degrees of freedom; with many the normal quantile.
        Assert.Equal(3.182446 * Math.Sqrt(5.0 / 3) / 2, halfWidth, 6);
        var many = Enumerable.Range(0, 10_000).Select(i => (double)(i % 2)).ToList();
        Assert.Equal(1.96 * 0.5 / 100, Evaluation.MeanOf(many).HalfWidth, 5);
    }

    /// <summary>A 95 % interval of two examples holds 95 % of the time; the normal quantile's would 70 %.</summary>
    [Fact]
    public void TheIntervalOfTwoExamplesHolds()
    {
        const int Trials = 20_000;
        using var scope = NewDisposeScope();
        double[] draws =
        [
            .. randn(2 * Trials, dtype: ScalarType.Float64, generator: new Generator(1)).data<double>(),
        ];
        int held = draws.Chunk(2).Count(pair => Evaluation.MeanOf(pair) is var (m, w) && Math.Abs(m) <= w);
        Assert.InRange(held / (double)Trials, 0.95 - 4 * 0.00154, 0.95 + 4 * 0.00154);
    }

    [Fact]
    public void TheSameSeedGivesTheSameFigureAndLeavesTheModelAsItWas()
    {
        using var flow = Tiny.Flow();
        using var before = Tiny.State(flow);
        DensityEvaluation Evaluate(ulong seed) =>
            DensityEvaluator.Evaluate(flow, Images, Preprocessing.MnistDensity, seed: seed);
        Assert.Equal(Evaluate(1), Evaluate(1));
        Assert.NotEqual(Evaluate(1).BitsPerDim, Evaluate(2).BitsPerDim);
        using var after = Tiny.State(flow);
        Assert.Equal(0, Expect.MaxAbs(after - before));
    }
}
