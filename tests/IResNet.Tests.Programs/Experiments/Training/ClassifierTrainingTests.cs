using IResNet.Experiments.Data;
using IResNet.Experiments.Training;

namespace IResNet.Tests.Programs.Experiments.Training;

public class ClassifierTrainingTests
{
    private static readonly ClassifierTrainingOptions Options = new()
    {
        Steps = 60,
        Batch = 32,
        LearningRate = 0.05,
        InitialExamples = 64,
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The channels of the padding are constant in the batch that initialises the first ActNorm.</summary>
    [Fact]
    public async Task DoubtfulActNormsAreToldToTheSink()
    {
        using var classifier = Tiny.Classifier();
        var messages = new List<string>();
        await ClassifierTraining.Run(
            classifier,
            Tiny.Corners(),
            new() { Steps = 1, Batch = 16 },
            TrainingSink.Of(happened =>
            {
                if (happened is MessageEvent message)
                    messages.Add(message.Text);
            }),
            TestContext.Current.CancellationToken
        );
        Assert.StartsWith("1 of 2 layers: ActNorm was initialised from a batch in which 3 of 4", messages[0]);
    }

    [Fact]
    public async Task LearnsToTellCornersApart()
    {
        using var classifier = Tiny.Classifier();
        var run = await ClassifierTraining.Run(
            classifier,
            Tiny.Corners(),
            Options with
            {
                EvaluateEvery = 30,
            },
            cancel: Cancel,
            preprocessing: new Preprocessing()
        );
        Assert.Equal([30, 60], run.Evaluations.Select(evaluation => evaluation.Step));
        Assert.Equal(64, run.Test!.Images);
        Assert.True(run.Test.Error < 0.1, $"{run.Test} after training; chance is 75 %");
        Assert.False(classifier.training);
    }

    /// <summary>
    /// BatchNorm's statistics are those of the certified norms with which the body is evaluated, not those of training.
    /// </summary>
    [Fact]
    public async Task TheHeadFitsTheFrozenBody()
    {
        using var scope = NewDisposeScope();
        using var classifier = Tiny.Classifier();
        var data = Tiny.Corners();
        await ClassifierTraining.Run(classifier, data, Options, cancel: Cancel, preprocessing: new Preprocessing());
        using var noGrad = no_grad();
        var features = classifier.Features(new Preprocessing().ToTensor(data.Train, seed: 1)).to(ScalarType.Float64);
        var (mean, variance) = (features.mean([0, 2, 3]), features.var([0, 2, 3]));
        Expect.Close(
            classifier.Norm.running_mean!.to(ScalarType.Float64),
            mean,
            1e-4 * variance.sqrt().max().ToDouble(),
            "mean"
        );
        Expect.Close(
            classifier.Norm.running_var!.to(ScalarType.Float64) / variance,
            ones_like(variance),
            1e-4,
            "variance"
        );
    }

    /// <summary>Any network from images to logits is trained by the same loop.</summary>
    [Theory, InlineData(true), InlineData(false)]
    public async Task ABaselineLearnsTheSame(bool batchNorm)
    {
        manual_seed(1);
        using var resNet = new ResNet(
            new()
            {
                Input = Tiny.Shape,
                Blocks = [1, 1],
                Widths = [4, 8],
                BatchNorm = batchNorm,
            },
            classes: 4
        );
        var run = await ClassifierTraining.Run(
            resNet,
            Tiny.Corners(),
            Options with
            {
                Steps = 120,
            },
            cancel: Cancel,
            preprocessing: new Preprocessing()
        );
        Assert.True(run.Test!.Error < 0.1, $"{run.Test} after training; chance is 75 %");
        Assert.False(resNet.training);
    }

    /// <summary>
    /// A data set in which a class never occurs, and one of constant images: defined results, finite weights.
    /// </summary>
    [Theory, InlineData(true), InlineData(false)]
    public async Task DegenerateDataGiveFiniteWeights(bool constant)
    {
        byte[] images = new byte[64 * Tiny.Shape.Dimensions];
        if (!constant)
            new Random(1).NextBytes(images);
        byte[] labels = Enumerable.Range(0, 64).Select(i => (byte)(i % 2)).ToArray(); // of four classes
        var split = new ImageSplit(Tiny.Shape, images, labels);
        using var classifier = Tiny.Classifier();
        var data = new ImageDataSet("degenerate", ["a", "b", "c", "d"], split, split);
        var run = await ClassifierTraining.Run(
            classifier,
            data,
            Options with
            {
                Steps = 10,
            },
            cancel: Cancel,
            preprocessing: new Preprocessing()
        );
        Assert.All(run.Losses, loss => Assert.True(double.IsFinite(loss)));
        Assert.True(double.IsFinite(run.Test!.CrossEntropy));
    }

    /// <summary>
    /// Wilson's interval of 1 in 10, as tables give it; and no interval of zero width where nothing is wrong.
    /// </summary>
    [Fact]
    public void TheIntervalIsWilsons()
    {
        var one = ClassifierEvaluation.Of(1, 10, 0);
        Assert.Equal((0.1, 0.0179, 0.4042), (one.Error, Math.Round(one.Low, 4), Math.Round(one.High, 4)));
        var none = ClassifierEvaluation.Of(0, 100, 0);
        Assert.Equal((0, 0.0370), (Math.Round(none.Low, 12), Math.Round(none.High, 4)));
    }
}
