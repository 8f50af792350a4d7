using IResNet.Experiments.Training;

namespace IResNet.Tests.Programs.Experiments.Training;

public class ToyTrainingTests
{
    private static readonly ToyTrainingOptions Options = new()
    {
        Steps = 60,
        Batch = 200,
        LearningRate = 0.01,
        EvaluationPoints = 500,
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LikelihoodOfFreshPointsRises()
    {
        manual_seed(1);
        using var flow = new ToyFlow(4, [16, 16]);
        var run = await ToyTraining.Run(flow, "8gaussians", Options with { EvaluateEvery = 30 }, cancel: Cancel);
        Assert.True(
            run.Losses.TakeLast(10).Average() < run.Losses[0] - 0.1,
            $"from {run.Losses[0]} to {run.Losses[^1]}"
        );
        Assert.InRange(run.Test!.Value, run.Losses[^1] - 0.4, run.Losses[^1] + 0.4);
        Assert.Equal(("nats", 500), (run.Test.Metric, run.Test.Examples));
        Assert.Equal(run.Evaluations[^1].Result, run.Test);
    }

    [Fact]
    public async Task AnUnknownDensityIsRefusedWithTheKnownOnes()
    {
        using var flow = new ToyFlow(1, [8]);
        var fault = await Assert.ThrowsAsync<ArgumentException>(() =>
            ToyTraining.Run(flow, "7gaussians", Options, cancel: Cancel)
        );
        Assert.Contains("8gaussians", fault.Message);
    }
}
