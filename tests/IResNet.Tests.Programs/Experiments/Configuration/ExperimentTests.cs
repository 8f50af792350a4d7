using IResNet.Tests.Programs.Experiments.Runs;

namespace IResNet.Tests.Programs.Experiments.Configuration;

public class ExperimentTests
{
    /// <summary>Constrained and free networks start from the same weights: what differs is the constraint.</summary>
    [Fact]
    public void NetworksOfASeedShareTheirInitialWeights()
    {
        using var scope = NewDisposeScope();
        Tensor First(params string[] changes) =>
            TinyRun.Classifier(changes).CreateModel(CPU).Flow.ResidualBlocks[1].Branch.Layers[2].Weight;
        Assert.Equal(0, Expect.MaxAbs(First("model.normalized=false") - First("model.coefficient=0.5")));
        Assert.NotEqual(0, Expect.MaxAbs(First() - First("training.seed=2")));
    }
}
