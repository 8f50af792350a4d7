using IResNet.Experiments.Data;
using IResNet.Experiments.Figures;
using IResNet.Experiments.Training;
using IResNet.Experiments.Training.Estimators;
using IResNet.Tests.Programs.Experiments.Training;

namespace IResNet.Tests.Programs.Experiments.Figures;

public class TruncationCurveTests
{
    private static readonly ImageSplit Images = Tiny.Corners().Test[..16];

    /// <summary>
    /// Each value is the evaluator's with the same probes, differences fall within Theorem 3, and one term promises too
    /// much, as ln(1 + x) is below x.
    /// </summary>
    [Fact]
    public void IsTheEvaluatorsValueAndFallsWithinTheBound()
    {
        using var flow = AdaptiveBitsTests.Stretched();
        var curve = TruncationCurve.Of(
            flow,
            Images,
            Preprocessing.MnistDensity,
            [1, 2, 5, 20],
            seed: 4,
            TestContext.Current.CancellationToken
        );
        for (int i = 0; i < curve.Terms.Count; i++)
        {
            var evaluated = DensityEvaluator.Evaluate(
                flow,
                Images,
                Preprocessing.MnistDensity,
                curve.Terms[i],
                seed: 4,
                cancel: TestContext.Current.CancellationToken
            );
            Assert.Equal(evaluated.BitsPerDim, curve.BitsPerDim[i], 1e-4);
            Assert.Equal(evaluated.BiasBound, curve.Bounds[i], 1e-12);
            Assert.Equal(curve.BitsPerDim[i] - curve.Converged, curve.Differences[i], 1e-9);
            Assert.InRange(
                Math.Abs(curve.Differences[i]),
                0,
                curve.Bounds[i] + TruncationCurve.Tolerance + 4 * curve.StandardErrors[i]
            );
        }
        Assert.True(curve.Differences[0] < -5 * curve.StandardErrors[0], string.Join(", ", curve.Differences));
        Assert.InRange(Math.Abs(curve.Differences[^1]), 0, 1e-3);
    }

    [Fact]
    public void RefusesWhatCannotBe()
    {
        using var flow = Tiny.Flow();
        Assert.Contains(
            "1 or more",
            Assert
                .Throws<ArgumentException>(() =>
                    TruncationCurve.Of(
                        flow,
                        Images,
                        Preprocessing.MnistDensity,
                        [0],
                        cancel: TestContext.Current.CancellationToken
                    )
                )
                .Message
        );
        Assert.Contains(
            "2 or more",
            Assert
                .Throws<ArgumentException>(() =>
                    TruncationCurve.Of(
                        flow,
                        Images[..1],
                        Preprocessing.MnistDensity,
                        [1],
                        cancel: TestContext.Current.CancellationToken
                    )
                )
                .Message
        );
    }

    /// <summary>
    /// One term in training: the objective promises more than there is, by far more than with ten terms.
    /// </summary>
    [Fact]
    public async Task TrainingWithOneTermPromisesTooMuch()
    {
        var cancel = TestContext.Current.CancellationToken;
        var (oneTerm, tenTerms) = (await Curve(1), await Curve(10));
        double Bias(TruncationCurve curve) => -curve.Differences[0];
        Assert.True(Bias(oneTerm) > 10 * oneTerm.StandardErrors[0], $"{Bias(oneTerm)}");
        Assert.True(Math.Abs(Bias(tenTerms)) < Bias(oneTerm) / 5, $"{Bias(tenTerms)}");
        // Negative control: it is training that did it; both models learned, and their converged values differ from the
        // objective only where terms are missing.
        Assert.All([oneTerm, tenTerms], curve => Assert.InRange(curve.Converged, 0, 7.5));

        async Task<TruncationCurve> Curve(int terms)
        {
            using var flow = Tiny.Flow();
            var data = Tiny.Corners();
            var options = Tiny.Options with
            {
                Steps = 120,
                WarmUpSteps = 10,
                Estimator = new NeumannOptions { Terms = terms },
            };
            await DensityTraining.Run(flow, data, options, cancel: cancel);
            return TruncationCurve.Of(flow, data.Test[..32], Preprocessing.MnistDensity, [terms], options.Seed, cancel);
        }
    }
}
