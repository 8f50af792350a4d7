using System.Collections.Concurrent;
using IResNet.Experiments.Data;
using IResNet.Experiments.Training;
using IResNet.Experiments.Training.Estimators;

namespace IResNet.Experiments.Configuration;

/// <summary>
/// The experiments of the paper, those of what came after it (<c>residual-flow-…</c>, <c>i-densenet-…</c>), and their
/// presets: <c>quick</c> (two CPU cores, minutes), <c>standard</c> (a night on a
/// CPU), <c>paper</c> (the paper's own settings) and, where it published a script, <c>official</c> (that script's
/// settings, which differ). <see cref="Add"/> takes others.
/// </summary>
public static class ExperimentCatalogue
{
    private const int Batch = 128;

    private static readonly ImageShape Mnist = new(1, 28, 28),
        Cifar = new(3, 32, 32);

    // Fewer power iterations per step lag behind the weights at these rates, training takes the slack, and the model
    // with certified norms is not the one that was trained. Test bits/dim of 4 + 4 blocks of width 32 on MNIST after
    // 1500 steps of 64, seed 1, by iterations: 1: 4.05, 5: 3.73, 15: 3.55; with about a tenth more time.
    private const int Iterations = 15;

    private static readonly Dictionary<string, IReadOnlyDictionary<string, Func<Experiment>>> BuiltIn = new()
    {
        ["density-mnist"] = new Dictionary<string, Func<Experiment>>
        {
            ["quick"] = DensityMnistQuick,
            ["standard"] = DensityMnistStandard,
            ["paper"] = DensityMnistPaper,
        },
        ["density-cifar10"] = new Dictionary<string, Func<Experiment>>
        {
            ["quick"] = DensityCifarQuick,
            ["standard"] = DensityCifarStandard,
            ["paper"] = DensityCifarPaper,
            ["official"] = DensityCifarOfficial,
        },
        ["density-toy"] = new Dictionary<string, Func<Experiment>>
        {
            ["quick"] = () => Toy(10, 1000),
            ["standard"] = () => Toy(50, 10_000),
            ["paper"] = ToyPaper,
        },
        ["glow-toy"] = new Dictionary<string, Func<Experiment>>
        {
            ["quick"] = () => ToyGlow(10, 1000),
            ["standard"] = () => ToyGlow(50, 10_000),
            ["paper"] = ToyGlowPaper,
        },
        ["residual-flow-mnist"] = ResidualFlowPresets.Mnist,
        ["residual-flow-cifar10"] = ResidualFlowPresets.Cifar,
        ["residual-flow-toy"] = ResidualFlowPresets.Toy,
        ["i-densenet-cifar10"] = ResidualFlowPresets.DenseCifar,
        ["i-densenet-toy"] = ResidualFlowPresets.DenseToy,
        ["classifier-mnist"] = new Dictionary<string, Func<Experiment>>
        {
            ["quick"] = ClassifierMnistQuick,
            ["standard"] = ClassifierMnistStandard,
            ["paper"] = ClassifierMnistPaper,
        },
        ["classifier-cifar10"] = ClassifierCifar("cifar10"),
        ["classifier-cifar100"] = ClassifierCifar("cifar100"),
        ["hybrid-mnist"] = HybridPresets.Mnist,
        ["hybrid-cifar10"] = HybridPresets.Cifar10,
        ["resnet-mnist"] = ResNets("classifier-mnist"),
        ["resnet-cifar10"] = ResNets("classifier-cifar10"),
        ["resnet-cifar100"] = ResNets("classifier-cifar100"),
    };

    private static readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, Func<Experiment>>> Added = new();

    /// <summary>The names of all experiments.</summary>
    public static IReadOnlyList<string> Names => [.. BuiltIn.Keys, .. Added.Keys.Order(StringComparer.Ordinal)];

    /// <summary>
    /// Adds an experiment of your own, for this process: from then on it is found by its name, and so are the models of
    /// its runs. One that was added before under the name is replaced, as when a cell runs again.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="presets">Its presets by name; <see cref="Experiment.Name"/> and <see cref="Experiment.Preset"/> are
    /// set to the names here.</param>
    /// <exception cref="ArgumentException">The name is a built-in experiment's, or there is no preset.</exception>
    public static void Add(string name, IReadOnlyDictionary<string, Func<Experiment>> presets)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (BuiltIn.ContainsKey(name))
            throw new ArgumentException($"'{name}' is a built-in experiment: choose another name.", nameof(name));
        if (presets.Count == 0)
            throw new ArgumentException($"Experiment '{name}' needs a preset at least.", nameof(presets));
        Added[name] = presets;
    }

    /// <summary>The presets of an experiment.</summary>
    /// <exception cref="ConfigurationException">There is no such experiment.</exception>
    public static IReadOnlyList<string> Presets(string name) => [.. PresetsOf(name).Keys];

    /// <summary>An experiment with a preset's values.</summary>
    /// <exception cref="ConfigurationException">There is no such experiment or preset; the message names the
    /// nearest.</exception>
    public static Experiment Get(string name, string preset)
    {
        var presets = PresetsOf(name);
        if (!presets.TryGetValue(preset, out var create))
            throw new ConfigurationException(
                $"Experiment '{name}' has no preset '{preset}'. {Configuration.Names.Advice(preset, [.. presets.Keys])}"
            );
        return create() with { Name = name, Preset = preset };
    }

    private static IReadOnlyDictionary<string, Func<Experiment>> PresetsOf(string name) =>
        BuiltIn.TryGetValue(name, out var presets) || Added.TryGetValue(name, out presets)
            ? presets
            : throw new ConfigurationException(
                $"There is no experiment '{name}'. {Configuration.Names.Advice(name, Names)}"
            );

    // A block stretches a dimension by at most 1 + c^3 and shrinks it to no less than 1 - c^3, while background and
    // strokes differ by some eight bits: depth is what is scarce, and most of all in the first stage, after which half
    // of the dimensions leave. Test bits/dim for about the same work, seed 1: 4 + 4 blocks of width 32, batch 64, rate
    // 0.006, 750 steps: 3.98; batch 32, rate 0.012, 1000 steps: 3.63; 8 + 8 of width 16, rate 0.006, 750 steps: 3.04;
    // 16 + 8 of width 16, rate 0.012, 500 steps: 2.82.
    private static Experiment DensityMnistQuick() =>
        Density(
            "mnist",
            Preprocessing.MnistDensity,
            model: new()
            {
                Input = Mnist,
                Blocks = [16, 8],
                Strides = [1, 2],
                Hidden = [16, 16],
                InitialSqueeze = true,
                SpectralNorm = new() { PowerIterations = Iterations },
            }
        ) with
        {
            Training = new()
            {
                Estimator = new NeumannOptions(),
                Steps = 1500,
                Batch = 32,
                LearningRate = 0.012,
                WarmUpSteps = 100,
                DecaySteps = [1200],
                DecayFactor = 0.3,
                EvaluateEvery = 500,
            },
            Run = new() { SampleEvery = 500 },
        };

    private static Experiment DensityMnistStandard() =>
        Density(
            "mnist",
            Preprocessing.MnistDensity,
            model: new()
            {
                Input = Mnist,
                Blocks = [16, 8],
                Strides = [1, 2],
                Hidden = [32, 32],
                InitialSqueeze = true,
                SpectralNorm = new() { PowerIterations = Iterations },
            }
        ) with
        {
            Training = new()
            {
                Estimator = new NeumannOptions(),
                Steps = 36_000,
                Batch = 32,
                LearningRate = 0.012,
                WarmUpSteps = 200,
                DecaySteps = [24_000, 32_000],
                DecayFactor = 0.3,
                AverageDecay = 0.999,
                EvaluateEvery = 2000,
            },
            Run = new() { SampleEvery = 4000 },
        };

    private static Experiment DensityMnistPaper() =>
        Density(
            "mnist",
            Preprocessing.MnistDensity with
            {
                Pad = 2,
            },
            validation: 0,
            model: new()
            {
                Input = new(1, 32, 32),
                Blocks = [32, 32, 32],
                Strides = [1, 2, 2],
                Hidden = [32, 32, 32],
                InitialSqueeze = true,
            }
        ) with
        {
            Note =
                "Three scales need a side divisible by 8, so the digits are padded to 32x32; bits/dim counts d = "
                + "1024, whose 240 padding pixels cost next to nothing: "
                + "times 1024/784 compares with Table 4. The squeeze at the input is the code's. Coefficient 0.9 is "
                + "not stated in the paper. Warm-up without the code's overshoot.",
            Training = new()
            {
                Estimator = new NeumannOptions { Terms = 10 },
                Steps = Epochs(200, 60_000),
                WarmUpSteps = Epochs(1, 60_000),
                EvaluateEvery = Epochs(5, 60_000),
                EvaluationImages = 10_000,
                EvaluationTerms = 35,
            },
            Run = new() { SampleEvery = Epochs(10, 60_000) },
        };

    private static Experiment DensityCifarQuick() =>
        Density(
            "cifar10",
            Preprocessing.CifarDensity,
            model: new()
            {
                Input = Cifar,
                Blocks = [2, 2, 2],
                Strides = [1, 2, 2],
                Hidden = [32, 32, 32],
                InitialSqueeze = true,
                SpectralNorm = new() { PowerIterations = Iterations },
            }
        ) with
        {
            Training = new()
            {
                Estimator = new NeumannOptions(),
                Steps = 1000,
                Batch = 32,
                LearningRate = 0.006,
                WarmUpSteps = 100,
                EvaluateEvery = 500,
                EvaluationImages = 500,
            },
            Run = new() { SampleEvery = 500 },
        };

    private static Experiment DensityCifarStandard() =>
        Density(
            "cifar10",
            Preprocessing.CifarDensity,
            model: new()
            {
                Input = Cifar,
                Blocks = [8, 8, 8],
                Strides = [1, 2, 2],
                Hidden = [128, 128, 128],
                InitialSqueeze = true,
                SpectralNorm = new() { PowerIterations = Iterations },
            }
        ) with
        {
            Training = new()
            {
                Estimator = new NeumannOptions(),
                Steps = 50_000,
                Batch = 64,
                LearningRate = 0.006,
                WarmUpSteps = 1000,
                AverageDecay = 0.999,
                EvaluateEvery = 2500,
            },
            Run = new() { SampleEvery = 5000 },
        };

    private static DensityExperiment DensityCifarPaper() =>
        Density(
            "cifar10",
            Preprocessing.CifarDensity,
            validation: 0,
            model: new()
            {
                Input = Cifar,
                Blocks = [32, 32, 32],
                Strides = [1, 2, 2],
                Hidden = [512, 512, 512],
                InitialSqueeze = true,
            }
        ) with
        {
            Note =
                "32 blocks per scale as in the paper's text (the script has 16). The squeeze at the input and "
                + "coefficient 0.9 are the code's. Warm-up without the code's overshoot.",
            Training = new()
            {
                Estimator = new NeumannOptions(),
                Steps = Epochs(200, 50_000),
                WarmUpSteps = Epochs(1, 50_000),
                EvaluateEvery = Epochs(5, 50_000),
                EvaluationImages = 10_000,
                EvaluationTerms = 35,
            },
            Run = new() { SampleEvery = Epochs(10, 50_000) },
        };

    private static Experiment DensityCifarOfficial() =>
        DensityCifarPaper() with
        {
            Note =
                "The published script: 16 blocks per scale, Gaussian probes through the differentiated series, and the "
                + "warm-up that leaves the rate at twice its value.",
            Model = DensityCifarPaper().Model with { Blocks = [16, 16, 16] },
            Training = DensityCifarPaper().Training with
            {
                Estimator = new PowerSeriesOptions(),
                WarmUp = WarmUpRule.OvershootAndStay,
            },
        };

    private static ToyExperiment Toy(int blocks, long steps) =>
        new()
        {
            Name = "",
            Preset = "",
            Model = new() { Blocks = blocks },
            Training = new() { Steps = steps, EvaluateEvery = steps / 4 },
            Run = new() { SampleEvery = steps / 4 },
        };

    private static ToyExperiment ToyGlow(int blocks, long steps) =>
        Toy(blocks, steps) with
        {
            Model = new() { Blocks = blocks, Kind = BlockKind.AffineGlow },
        };

    private static Experiment ToyGlowPaper() =>
        ToyGlow(100, 50_000) with
        {
            Note =
                "100 affine coupling layers 1-64-64-64-2 with ELU and 100 invertible linear maps, as in the paper, "
                + "and ActNorm. Trained as density-toy, for the paper states nothing.",
        };

    private static Experiment ToyPaper() =>
        Toy(100, 50_000) with
        {
            Note =
                "100 blocks of 2-64-64-64-2 with ELU and the exact log-determinant, as in the paper; it states no "
                + "optimiser, rate, batch or length, which are those of Residual Flows.",
        };

    private static Experiment ClassifierMnistQuick() =>
        Classifier(
            "mnist",
            Preprocessing.MnistClassification,
            model: new()
            {
                Input = Mnist,
                Blocks = [2, 2, 2],
                Strides = [1, 2, 2],
                Hidden = [32, 32, 32],
                Padding = 7,
                SpectralNorm = new() { PowerIterations = 1 },
            }
        ) with
        {
            Training = new()
            {
                Steps = 300,
                WarmUpSteps = 100,
                DecaySteps = [200],
                EvaluateEvery = 100,
                EvaluationImages = 1000,
            },
        };

    private static Experiment ClassifierMnistStandard() =>
        Classifier(
            "mnist",
            Preprocessing.MnistClassification,
            model: new()
            {
                Input = Mnist,
                Blocks = [4, 4, 4],
                Strides = [1, 2, 2],
                Hidden = [32, 64, 128],
                Padding = 15,
                SpectralNorm = new() { PowerIterations = 1 },
            }
        ) with
        {
            Training = new()
            {
                Steps = 15_000,
                WarmUpSteps = 500,
                DecaySteps = [7500, 12_000],
                EvaluateEvery = 1000,
            },
        };

    private static Experiment ClassifierMnistPaper() =>
        Classifier(
            "mnist",
            Preprocessing.MnistClassification,
            validation: 0,
            model: new()
            {
                Input = Mnist,
                Blocks = [7, 7, 7],
                Strides = [1, 2, 2],
                Hidden = [32, 64, 128],
                Padding = 15,
                SpectralNorm = new() { PowerIterations = 1 },
            }
        ) with
        {
            Note =
                "21 blocks as in section 5.1, seven per stage; the branches' widths are the script's, and so is the "
                + "padding to 16 channels. Warm-up is not mentioned in the paper: none.",
            Training = PaperClassifier(60_000),
        };

    private static Dictionary<string, Func<Experiment>> ClassifierCifar(string name)
    {
        var preprocessing =
            name == "cifar10" ? Preprocessing.Cifar10Classification : Preprocessing.Cifar100Classification;
        FlowConfig Model(int blocks) =>
            new()
            {
                Input = Cifar,
                Blocks = [blocks, blocks, blocks],
                Strides = [1, 2, 2],
                Hidden = [32, 64, 128],
                Padding = 13,
                SpectralNorm = new() { PowerIterations = 1 },
            };
        return new()
        {
            ["quick"] = () =>
                Classifier(name, preprocessing, model: Model(1)) with
                {
                    Training = new()
                    {
                        Steps = 500,
                        WarmUpSteps = 100,
                        DecaySteps = [300],
                        EvaluateEvery = 250,
                        EvaluationImages = 1000,
                    },
                },
            ["standard"] = () =>
                Classifier(name, preprocessing, model: Model(4)) with
                {
                    Training = new()
                    {
                        Steps = 20_000,
                        WarmUpSteps = 500,
                        DecaySteps = [10_000, 16_000],
                        EvaluateEvery = 1000,
                    },
                },
            ["paper"] = () =>
                Classifier(name, preprocessing, validation: 0, model: Model(18)) with
                {
                    Note =
                        "54 blocks as in section 5.1, 18 per stage (the appendix says 39, the script 21); the "
                        + "branches' widths are the script's. Warm-up is not mentioned in the paper: none.",
                    Training = PaperClassifier(50_000),
                },
            ["official"] = () =>
                Classifier(name, preprocessing, validation: 0, model: Model(7) with { NormBeforeSqueeze = true }) with
                {
                    Note =
                        "The published script: 7 blocks per stage, norms before the squeeze, ten epochs of warm-up "
                        + "that overshoot for one more.",
                    Training = PaperClassifier(50_000) with
                    {
                        WarmUpSteps = Epochs(10, 50_000),
                        WarmUp = WarmUpRule.OvershootThenReturn,
                    },
                },
        };
    }

    /// <summary>
    /// The baseline on an i-ResNet experiment's images with its training, so that only the network differs.
    /// </summary>
    private static Dictionary<string, Func<Experiment>> ResNets(string counterpart)
    {
        Experiment Of(string preset, int blocks) =>
            Get(counterpart, preset) is ClassifierExperiment like
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

    private static DensityExperiment Density(
        string data,
        Preprocessing preprocessing,
        FlowConfig model,
        int validation = 1000
    ) =>
        new()
        {
            Name = "",
            Preset = "",
            Data = new()
            {
                Name = data,
                Validation = validation,
                Preprocessing = preprocessing,
            },
            Model = model,
        };

    private static ClassifierExperiment Classifier(
        string data,
        Preprocessing preprocessing,
        FlowConfig model,
        int validation = 5000
    ) =>
        new()
        {
            Name = "",
            Preset = "",
            Data = new()
            {
                Name = data,
                Validation = validation,
                Preprocessing = preprocessing,
            },
            Model = model,
        };

    /// <summary>200 epochs, the rate times 0.2 after 60, 120 and 160.</summary>
    private static ClassifierTrainingOptions PaperClassifier(int images) =>
        new()
        {
            Steps = Epochs(200, images),
            DecaySteps = [Epochs(60, images), Epochs(120, images), Epochs(160, images)],
            EvaluateEvery = Epochs(5, images),
        };

    /// <summary>Steps of so many epochs with batches of 128.</summary>
    private static long Epochs(int epochs, int images) => epochs * (images / Batch);
}
