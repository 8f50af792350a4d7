using IResNet.Experiments.Figures;
using IResNet.Tests.Experiments.Training;

namespace IResNet.Tests.Experiments.Figures;

/// <summary>The networks of Table 2, trained in small.</summary>
public class ClassifierComparisonTests
{
    private static readonly ClassifierScale Scale = new()
    {
        Channels = 4,
        Hidden = [8, 8, 8],
        Widths = [4, 4, 4],
        Steps = 60,
        Batch = 32,
        TestImages = 64,
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EachNetworkIsWhatItsNameSaysAndLearns()
    {
        var data = Tiny.Corners();
        foreach (
            var variant in new[] { ClassifierVariant.ResNet, ClassifierVariant.Vanilla, ClassifierVariant.IResNet(0.9) }
        )
        {
            using var trained = await ClassifierComparison.Train(variant, data, Scale, cancel: Cancel);
            Assert.Equal((60L, 64), (trained.Training.Steps, trained.Training.Test!.Images));
            Assert.True(trained.Training.Test.Error < 0.4, $"{variant.Name}: {trained.Training.Test}; chance is 75 %");
            Assert.True(trained.SecondsPerStep > 0 && trained.Parameters > 100);
            if (variant == ClassifierVariant.ResNet)
                Assert.IsType<ResNet>(trained.Network);
            else
            {
                var blocks = ((Classifier)trained.Network).Body.ResidualBlocks;
                Assert.Equal(3, blocks.Count);
                Assert.Equal(
                    variant.Coefficient is not null,
                    blocks.All(block => block.Branch.LipschitzBound() < 0.7291)
                );
            }
        }
    }

    /// <summary>
    /// Vanilla and constrained networks start from the same weights: what differs between them is the constraint.
    /// </summary>
    [Fact]
    public void VariantsShareTheirInitialWeights()
    {
        using var scope = NewDisposeScope();
        Tensor First(ClassifierVariant variant, int seed) =>
            ((Classifier)variant.Create(Scale with { Seed = seed }, Tiny.Shape, 4))
                .Body
                .ResidualBlocks[2]
                .Branch
                .Layers[2]
                .Weight;
        Assert.Equal(0, Expect.MaxAbs(First(ClassifierVariant.Vanilla, 1) - First(ClassifierVariant.IResNet(0.5), 1)));
        Assert.NotEqual(0, Expect.MaxAbs(First(ClassifierVariant.Vanilla, 1) - First(ClassifierVariant.Vanilla, 2)));
        Assert.Equal("c = 0.5", ClassifierVariant.IResNet(0.5).Name);
        Assert.Throws<ArgumentOutOfRangeException>(() => ClassifierVariant.IResNet(1));
    }
}
