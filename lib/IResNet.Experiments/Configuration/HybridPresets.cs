using IResNet.Experiments.Data;
using IResNet.Experiments.Training;
using IResNet.Experiments.Training.Estimators;

namespace IResNet.Experiments.Configuration;

/// <summary>The presets of the hybrid experiments, at weight 1/d.</summary>
internal static class HybridPresets
{
    // As for densities, see ExperimentCatalogue.
    private const int Iterations = 15;

    /// <summary>MNIST, 1x28x28.</summary>
    public static Dictionary<string, Func<Experiment>> Mnist { get; } =
        new()
        {
            ["quick"] = () => OfMnist(16, 1500) with { Run = new() { SampleEvery = 500 } },
            ["standard"] = () =>
            {
                var start = OfMnist(32, 36_000);
                return start with
                {
                    Training = start.Training with { AverageDecay = 0.999, EvaluateEvery = 2000 },
                    Run = new() { SampleEvery = 4000 },
                };
            },
            ["paper"] = () => Paper("density-mnist"),
        };

    /// <summary>CIFAR-10.</summary>
    public static Dictionary<string, Func<Experiment>> Cifar10 { get; } =
        new()
        {
            ["quick"] = () => OfCifar(2, 32, 1000),
            ["standard"] = () => OfCifar(8, 128, 50_000),
            ["paper"] = () => Paper("density-cifar10"),
        };

    /// <summary>The paper's density with the follow-up's head.</summary>
    private static HybridExperiment Paper(string density)
    {
        var like = (DensityExperiment)ExperimentCatalogue.Get(density, "paper");
        return new()
        {
            Name = "",
            Preset = "",
            Note =
                "The paper trains a network for each task; this is its density's, with the head and the weight 1/d of "
                + $"the follow-up's hybrids. As {density}: {like.Note}",
            Data = like.Data,
            Model = like.Model,
            Head = new ScaleHeadConfig(),
            Training = new()
            {
                Weight = 1.0 / like.Model.Input.Dimensions,
                Estimator = like.Training.Estimator,
                Steps = like.Training.Steps,
                Batch = like.Training.Batch,
                LearningRate = like.Training.LearningRate,
                WarmUpSteps = like.Training.WarmUpSteps,
                EvaluateEvery = like.Training.EvaluateEvery,
                EvaluationImages = like.Training.EvaluationImages,
                EvaluationTerms = like.Training.EvaluationTerms,
            },
            Run = like.Run,
        };
    }

    private static HybridExperiment OfMnist(int width, long steps) =>
        new()
        {
            Name = "",
            Preset = "",
            Data = new()
            {
                Name = "mnist",
                Validation = 1000,
                Preprocessing = Preprocessing.MnistDensity,
            },
            Model = new()
            {
                Input = new(1, 28, 28),
                Blocks = [16, 8],
                Strides = [1, 2],
                Hidden = [width, width],
                InitialSqueeze = true,
                SpectralNorm = new() { PowerIterations = Iterations },
            },
            Training = new()
            {
                Weight = 1.0 / 784,
                Estimator = new NeumannOptions(),
                Steps = steps,
                Batch = 32,
                LearningRate = 0.012,
                WarmUpSteps = Math.Min(200, steps / 10),
                DecaySteps = [steps * 2 / 3, steps * 8 / 9],
                DecayFactor = 0.3,
                EvaluateEvery = steps / 3,
            },
        };

    private static HybridExperiment OfCifar(int blocks, int width, long steps) =>
        new()
        {
            Name = "",
            Preset = "",
            Data = new()
            {
                Name = "cifar10",
                Validation = 1000,
                Preprocessing = Preprocessing.CifarDensity,
            },
            Model = new()
            {
                Input = new(3, 32, 32),
                Blocks = [blocks, blocks, blocks],
                Strides = [1, 2, 2],
                Hidden = [width, width, width],
                InitialSqueeze = true,
                SpectralNorm = new() { PowerIterations = Iterations },
            },
            Head = new ScaleHeadConfig { Width = 2 * width },
            Training = new()
            {
                Weight = 1.0 / 3072,
                Estimator = new NeumannOptions(),
                Steps = steps,
                Batch = 32,
                LearningRate = 0.006,
                WarmUpSteps = Math.Min(1000, steps / 10),
                EvaluateEvery = steps / 20,
                EvaluationImages = 500,
            },
            Run = new() { SampleEvery = steps / 2 },
        };
}
