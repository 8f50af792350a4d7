using IResNet.Experiments.Figures;

namespace IResNet.Tests.Programs.Experiments.Figures;

/// <summary>The paper's run-times on a tiny network: that what is timed is what it should be.</summary>
public class RunTimesTests
{
    private static readonly FlowConfig Tiny = new()
    {
        Input = new(1, 8, 8),
        Padding = 1,
        Blocks = [1, 1],
        Strides = [1, 2],
        Hidden = [8, 8],
    };

    /// <summary>More iterations come closer, and enough of them come close: the inverse that is timed is one.</summary>
    [Fact]
    public void TimedInversesInvert()
    {
        var found = new RunTimes(Tiny, secondsEach: 0.001).Inverses(batch: 8, 0, 2, 100);
        Assert.Equal([0, 2, 100], found.Select(row => row.Iterations));
        Assert.True(found[0].Error > 0.05, "without iterations nothing is inverted");
        Assert.True(found[1].Error < found[0].Error);
        Assert.InRange(found[2].Error, 0, 1e-4);
    }

    [Fact]
    public void StepsAreTimed()
    {
        var times = new RunTimes(Tiny, secondsEach: 0.001);
        var (normalized, free) = times.ClassifierSteps(batch: 8);
        var (without, neumann, paper) = times.LogDetSteps(batch: 8);
        Assert.All([normalized, free, without, neumann, paper], seconds => Assert.InRange(seconds, 1e-6, 60));
    }
}
