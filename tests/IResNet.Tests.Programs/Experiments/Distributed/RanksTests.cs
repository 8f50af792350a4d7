using IResNet.Experiments.Distributed;
using IResNet.Experiments.Training;

namespace IResNet.Tests.Programs.Experiments.Distributed;

/// <summary>What can be tested of many processes in one; <c>tests/mpi/run.sh</c> starts them.</summary>
public class RanksTests
{
    [Fact]
    public void TheSharesAreTheBatch()
    {
        using var scope = NewDisposeScope();
        var batch = arange(12).view(6, 2);
        var shares = Enumerable.Range(0, 3).Select(rank => new Ranks(rank, 3).Share(batch)).ToArray();
        Assert.True(cat(shares).equal(batch).all().ToBoolean());
        Assert.Same(batch, Ranks.Alone.Share(batch));
    }

    [Fact]
    public void ABatchThatCannotBeSharedIsRefused()
    {
        var options = new ToyTrainingOptions { Steps = 1, Batch = 30 };
        using var flow = new ToyFlow(new ToyFlowConfig { Blocks = 1, Hidden = [4] });
        var task = new ToyTask(flow, "moons", options);
        var fault = Assert.Throws<DistributedException>(() => new Trainer(task, options, new Ranks(0, 4)));
        Assert.Contains("training.batch is 30", fault.Message);
        Assert.Contains("a multiple of 4", fault.Message);
    }

    [Fact]
    public void OneProcessIsAlone()
    {
        var ranks = Ranks.Start();
        Assert.Same(Ranks.Alone, ranks);
        Assert.True(ranks.IsFirst);
        Assert.Equal(1.5, ranks.MeanLoss(1.5));
    }
}
