using IResNet.Experiments.Configuration;
using IResNet.Experiments.Data;
using IResNet.Experiments.Training;
using IResNet.Tests.Experiments.Runs;

namespace IResNet.Tests.Experiments.Training;

/// <summary>Networks that are compared: experiments that differ in one value (Tables 2 and 3), in small.</summary>
public class ExperimentTrainingTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EachNetworkIsWhatItsConfigurationSays()
    {
        string[] longer =
        [
            "training.steps=60",
            "training.warmUpSteps=6",
            "training.learningRate=0.05",
            "training.evaluateEvery=null",
            "training.decaySteps=[]",
            "data.validation=0",
        ];
        var classifier = TinyRun.Classifier(longer);
        foreach (
            var (experiment, blocks, certified) in new[]
            {
                (TinyRun.ResNet(longer), 0, false),
                (classifier.With("model.normalized=false"), 2, false),
                (classifier, 2, true),
                (
                    classifier.With(
                        "model.kind=affineGlow",
                        "training.optimizer=adamax",
                        "training.learningRate=0.002"
                    ),
                    0,
                    false
                ),
            }
        )
        {
            using var trained = await ExperimentTraining.Run(experiment, Shades(), cancel: Cancel);
            Assert.Equal((60L, 16), (trained.Training.Steps, trained.Training.Test!.Examples));
            // Chance is ln 10, about 2.3.
            Assert.True(trained.Training.Losses.TakeLast(10).Average() < 2, $"{trained.Training.Losses[^1]}");
            Assert.True(trained.SecondsPerStep > 0 && trained.Model.Parameters > 100);
            var residual = trained.Model.Invertible?.ResidualBlocks ?? [];
            Assert.Equal(blocks, residual.Count);
            if (certified)
                Assert.All(residual, block => Assert.InRange(block.Branch.LipschitzBound(), 0, 0.7291));
        }
    }

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

    [Fact]
    public async Task AnEndedTrainingHasNoFigure()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var stopping = TrainingSink.OfSteps(step =>
        {
            if (step.Step == 3)
                stop.Cancel();
        });
        using var ended = await ExperimentTraining.Run(TinyRun.Toy(), sink: stopping, cancel: stop.Token);
        Assert.Equal((TrainingOutcome.Cancelled, 3L), (ended.Training.Outcome, ended.Training.Steps));
        Assert.Null(ended.Training.Test);
    }

    /// <summary>Ten classes of grey, which pooling over the picture leaves apart.</summary>
    private static ImageDataSet Shades()
    {
        var (random, images) = (new Random(1), new byte[80 * 784]);
        byte[] labels = [.. Enumerable.Range(0, 80).Select(i => (byte)(i % 10))];
        for (int i = 0; i < images.Length; i++)
            images[i] = (byte)(25 * labels[i / 784] + random.Next(25));
        var all = new ImageSplit(new(1, 28, 28), images, labels);
        return new("shades", [.. Enumerable.Range(0, 10).Select(shade => $"{shade}")], all[..64], all[64..]);
    }
}
