using IResNet.Experiments.Training;

namespace IResNet.Tests.Programs.Experiments.Training;

public class LearningRateScheduleTests
{
    private static readonly DensityTrainingOptions Options = new() { LearningRate = 0.1, WarmUpSteps = 100 };

    [Theory]
    [InlineData(0, 0.001), InlineData(49, 0.05), InlineData(99, 0.1), InlineData(100, 0.1), InlineData(5000, 0.1)]
    public void WarmUpIsLinear(long step, double rate) =>
        Assert.Equal(rate, LearningRateSchedule.At(Options, step, 10), 12);

    [Theory]
    [InlineData(99, 0.1), InlineData(109, 0.11), InlineData(110, 0.1), InlineData(5000, 0.1)]
    public void TheOfficialClassifierOvershootsForAnEpoch(long step, double rate) =>
        Assert.Equal(
            rate,
            LearningRateSchedule.At(Options with { WarmUp = WarmUpRule.OvershootThenReturn }, step, 10),
            12
        );

    /// <summary>One epoch of warm-up: twice the rate, for good.</summary>
    [Theory]
    [InlineData(99, 0.1), InlineData(149, 0.15), InlineData(199, 0.2), InlineData(200, 0.2), InlineData(5000, 0.2)]
    public void TheOfficialDensityModelStaysAboveItsRate(long step, double rate) =>
        Assert.Equal(
            rate,
            LearningRateSchedule.At(Options with { WarmUp = WarmUpRule.OvershootAndStay }, step, 100),
            12
        );

    [Theory]
    [InlineData(0, 0.1), InlineData(59, 0.1), InlineData(60, 0.02), InlineData(120, 0.004), InlineData(1000, 0.004)]
    public void TheRateFallsInSteps(long step, double rate) =>
        Assert.Equal(
            rate,
            LearningRateSchedule.At(
                Options with
                {
                    WarmUpSteps = 0,
                    DecaySteps = [60, 120],
                    DecayFactor = 0.2,
                },
                step,
                10
            ),
            12
        );
}
