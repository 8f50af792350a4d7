using IResNet.Experiments.Data;
using IResNet.Experiments.Training;

namespace IResNet.Experiments.Configuration;

/// <summary>The presets of the classifiers (Table 2), and of the baselines beside them.</summary>
internal static class ClassifierPresets
{
    /// <summary>MNIST, 1x28x28.</summary>
    public static Dictionary<string, Func<Experiment>> Mnist { get; } =
        new()
        {
            ["quick"] = () =>
            {
                var quick = Quick(MnistImages, steps: 300);
                return quick with
                {
                    Model = quick.Model with
                    {
                        Blocks = [2, 2, 2],
                        Hidden = [32, 32, 32],
                        Padding = 7,
                    },
                    Training = quick.Training with { DecaySteps = [200], EvaluateEvery = 100 },
                };
            },
            ["standard"] = () => Standard(MnistImages, steps: 15_000),
            ["paper"] = () =>
                Paper(MnistImages, blocks: 7) with
                {
                    Note =
                        "21 blocks as in section 5.1, seven per stage; the branches' widths are the script's, and so "
                        + "is the padding to 16 channels. Warm-up is not mentioned in the paper: none.",
                },
        };

    /// <summary>CIFAR-10, 3x32x32.</summary>
    public static Dictionary<string, Func<Experiment>> Cifar10 { get; } =
        Cifar("cifar10", Preprocessing.Cifar10Classification);

    /// <summary>CIFAR-100, 3x32x32.</summary>
    public static Dictionary<string, Func<Experiment>> Cifar100 { get; } =
        Cifar("cifar100", Preprocessing.Cifar100Classification);

    private static Source MnistImages => new("mnist", Preprocessing.MnistClassification, new(1, 28, 28), 60_000);

    /// <summary>
    /// The baseline on an i-ResNet experiment's images with its training, so that only the network differs.
    /// </summary>
    public static Dictionary<string, Func<Experiment>> ResNets(string counterpart)
    {
        Experiment Of(string preset, int blocks) =>
            ExperimentCatalogue.Get(counterpart, preset) is ClassifierExperiment like
                ? new ResNetExperiment
                {
                    Name = "",
                    Preset = "",
                    Data = like.Data,
                    Model = new() { Input = like.Model.Input, Blocks = [blocks, blocks, blocks] },
                    Training = like.Training,
                    Run = like.Run with { Samples = 0 },
                    Note =
                        preset == "paper"
                            ? "ResNet-164, 18 bottleneck blocks per stage, with the optimiser and schedule of the "
                                + "i-ResNets."
                            : "",
                }
                : throw new ArgumentException(counterpart, nameof(counterpart));
        return new()
        {
            ["quick"] = () => Of("quick", 1),
            ["standard"] = () => Of("standard", 4),
            ["paper"] = () => Of("paper", 18),
        };
    }

    private static Dictionary<string, Func<Experiment>> Cifar(string name, Preprocessing preprocessing)
    {
        var images = new Source(name, preprocessing, new(3, 32, 32), 50_000);
        return new()
        {
            ["quick"] = () => Quick(images, steps: 500),
            ["standard"] = () => Standard(images, steps: 20_000),
            ["paper"] = () =>
                Paper(images, blocks: 18) with
                {
                    Note =
                        "54 blocks as in section 5.1, 18 per stage (the appendix says 39, the script 21); the "
                        + "branches' widths are the script's. Warm-up is not mentioned in the paper: none.",
                },
            ["official"] = () =>
            {
                var paper = Paper(images, blocks: 7);
                return paper with
                {
                    Note =
                        "The published script: 7 blocks per stage, norms before the squeeze, ten epochs of warm-up "
                        + "that overshoot for one more.",
                    Model = paper.Model with { NormBeforeSqueeze = true },
                    Training = paper.Training with
                    {
                        WarmUpSteps = Epochs.Steps(10, images.Count),
                        WarmUp = WarmUpRule.OvershootThenReturn,
                    },
                };
            },
        };
    }

    private static ClassifierExperiment Quick(Source images, long steps) =>
        Images(images, blocks: 1) with
        {
            Training = new()
            {
                Steps = steps,
                WarmUpSteps = 100,
                DecaySteps = [300],
                EvaluateEvery = 250,
                EvaluationImages = 1000,
            },
        };

    private static ClassifierExperiment Standard(Source images, long steps) =>
        Images(images, blocks: 4) with
        {
            Training = new()
            {
                Steps = steps,
                WarmUpSteps = 500,
                DecaySteps = [steps / 2, steps * 4 / 5],
                EvaluateEvery = 1000,
            },
        };

    /// <summary>200 epochs, the rate times 0.2 after 60, 120 and 160.</summary>
    private static ClassifierExperiment Paper(Source images, int blocks)
    {
        var all = Images(images, blocks);
        return all with
        {
            Data = all.Data with { Validation = 0 },
            Training = new()
            {
                Steps = Epochs.Steps(200, images.Count),
                DecaySteps =
                [
                    Epochs.Steps(60, images.Count),
                    Epochs.Steps(120, images.Count),
                    Epochs.Steps(160, images.Count),
                ],
                EvaluateEvery = Epochs.Steps(5, images.Count),
            },
        };
    }

    /// <summary>The paper's widths, and 16 channels at the input.</summary>
    private static ClassifierExperiment Images(Source images, int blocks) =>
        new()
        {
            Name = "",
            Preset = "",
            Data = new()
            {
                Name = images.Name,
                Validation = 5000,
                Preprocessing = images.Preprocessing,
            },
            Model = new()
            {
                Input = images.Shape,
                Blocks = [blocks, blocks, blocks],
                Strides = [1, 2, 2],
                Hidden = [32, 64, 128],
                Padding = 16 - images.Shape.Channels,
                SpectralNorm = new() { PowerIterations = 1 },
            },
        };

    /// <summary>A data set with so many training images.</summary>
    private sealed record Source(string Name, Preprocessing Preprocessing, ImageShape Shape, int Count);
}
