using IResNet.Experiments.Data;
using IResNet.Experiments.Training;
using IResNet.Experiments.Training.Estimators;

namespace IResNet.Tests.Programs.Experiments.Training;

/// <summary>Data and models small enough that a training takes a moment.</summary>
internal static class Tiny
{
    public static readonly ImageShape Shape = new(1, 8, 8);

    /// <summary>Images of one bright square in one of four corners, with some noise; the class is the corner.</summary>
    public static ImageDataSet Corners(int train = 256, int test = 64)
    {
        var (images, labels) = Draw(train + test);
        var all = new ImageSplit(Shape, images, labels);
        return new ImageDataSet(
            "corners",
            ["top left", "top right", "bottom left", "bottom right"],
            all[..train],
            all[train..]
        );
    }

    public static ImageSplits Splits(ImageDataSet data) => new(data.Train[..^64], data.Train[^64..], data.Test);

    public static MultiscaleFlow Flow(ulong seed = 1, int powerIterations = 1)
    {
        manual_seed((long)seed);
        return new MultiscaleFlow(
            new FlowConfig
            {
                Input = Shape,
                Blocks = [2, 2],
                Hidden = [8, 8],
                InitialSqueeze = true,
                SpectralNorm = new() { PowerIterations = powerIterations },
            }
        );
    }

    public static Classifier Classifier(ulong seed = 1)
    {
        manual_seed((long)seed);
        return new Classifier(
            new FlowConfig
            {
                Input = Shape,
                Blocks = [1, 1],
                Hidden = [8, 8],
                Padding = 3,
                SpectralNorm = new() { PowerIterations = 1 },
            },
            classes: 4
        );
    }

    public static DensityTrainingOptions Options =>
        new()
        {
            Steps = 20,
            Batch = 16,
            LearningRate = 0.01,
            Estimator = new NeumannOptions { Terms = 3 },
            EvaluationImages = 32,
            EvaluationTerms = 10,
            InitialExamples = 64,
        };

    /// <summary>All parameters and buffers as one vector.</summary>
    public static Tensor State(nn.Module model)
    {
        using var scope = NewDisposeScope();
        var state = model.state_dict().OrderBy(pair => pair.Key, StringComparer.Ordinal);
        return cat([.. state.Select(pair => pair.Value.detach().to(ScalarType.Float64).flatten())])
            .MoveToOuterDisposeScope();
    }

    private static (byte[] images, byte[] labels) Draw(int count)
    {
        var random = new Random(1);
        var (images, labels) = (new byte[count * Shape.Dimensions], new byte[count]);
        for (int i = 0; i < count; i++)
        {
            labels[i] = (byte)random.Next(4);
            for (int row = 0; row < 8; row++)
                for (int column = 0; column < 8; column++)
                {
                    bool bright = row / 4 == labels[i] / 2 && column / 4 == labels[i] % 2;
                    images[i * 64 + row * 8 + column] = (byte)((bright ? 180 : 20) + random.Next(40));
                }
        }
        return (images, labels);
    }
}
