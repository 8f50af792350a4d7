using IResNet.Experiments.Data;
using IResNet.Experiments.Training;
using IResNet.Experiments.Training.Estimators;
using IResNet.Experiments.Training.Optimizers;

namespace IResNet.Experiments.Configuration;

/// <summary>
/// The experiments of Residual Flows and i-DenseNets. Where a paper and its code differ there are two presets,
/// <c>official</c> for the code; else <c>paper</c> has the published script's settings. <c>quick</c> is a small model
/// that trains on two CPU cores in about a minute, <c>standard</c> one for a night.
/// </summary>
internal static class ResidualFlowPresets
{
    private const int Batch = 64;

    private const string FirstPart =
        "Adam's epsilon stands behind the bias correction; ActNorm begins from up to 1024 examples with a "
        + "variance of 1, "
        + "whatever it was (the code: one batch, and variances of at least 0.2). Probes are random signs (the code: "
        + "Gaussian).";

    private static readonly Source Digits = new("mnist", Flip: false, 60_000),
        Photographs = new("cifar10", Flip: true, 50_000);

    /// <summary>MNIST, 1x28x28.</summary>
    public static Dictionary<string, Func<Experiment>> Mnist { get; } =
        new()
        {
            ["quick"] = () => Small(Digits, logitAlpha: 1e-6, [4, 4], steps: 200),
            ["standard"] = () => Medium(Digits, logitAlpha: 1e-6, [8, 8]),
            ["paper"] = () =>
                Large(Digits, logitAlpha: 1e-5, epochs: 350, TermLaw.Geometric) with
                {
                    Note =
                        "The logit's constant 1e-5 and n geometric with p = 0.5 as in the paper (the code: 1e-6, and "
                        + "Poisson with rate 2 for images); 350 epochs, after which it says to have converged. The "
                        + "decoupled weight decay of 5e-4 is left out: the published code never applied it. "
                        + FirstPart,
                },
            ["official"] = () =>
                Large(Digits, logitAlpha: 1e-6, epochs: 1000, TermLaw.Poisson) with
                {
                    Note =
                        "The published script: the logit's constant 1e-6 (the paper: 1e-5), n Poisson with rate 2 "
                        + "behind two exact terms (the paper: geometric), 1000 epochs, no weight decay. "
                        + FirstPart,
                },
        };

    /// <summary>CIFAR-10, 3x32x32.</summary>
    public static Dictionary<string, Func<Experiment>> Cifar10 { get; } =
        new()
        {
            ["quick"] = CifarQuick,
            ["standard"] = CifarStandard,
            ["paper"] = () =>
                Large(Photographs, logitAlpha: 0.05, epochs: 350, TermLaw.Geometric) with
                {
                    Note =
                        "n geometric with p = 0.5 as in the paper (the code: Poisson with rate 2 for images); 350 "
                        + "epochs, after which it says to have converged. The decoupled weight decay of 5e-4 is left "
                        + "out: the published code never applied it. "
                        + FirstPart,
                },
            ["official"] = CifarOfficial,
        };

    /// <summary>i-DenseNets on CIFAR-10: dense blocks in place of the residual flows' own.</summary>
    public static Dictionary<string, Func<Experiment>> DenseCifar10 { get; } =
        new()
        {
            ["quick"] = () => Dense(CifarQuick(), [8, 8], [8], entrance: 16),
            ["standard"] = () => Dense(CifarStandard(), [32, 32, 32], [16, 16], entrance: 64),
            ["paper"] = () =>
                Dense(CifarOfficial(), [172, 172, 172], [32, 32, 32], entrance: 64) with
                {
                    Note =
                        "The published script, depth 3 and growth 172, but for the weights of the concatenations, "
                        + "which are learned from the first step (there from epoch 25 on). "
                        + FirstPart,
                },
        };

    /// <summary>Residual flows in the plane.</summary>
    public static Dictionary<string, Func<Experiment>> Toy { get; } =
        new()
        {
            ["quick"] = () => Points(10, [64, 64], 1000, ToyNote),
            ["standard"] = () => Points(50, [64, 64, 64], 10_000, ToyNote),
            ["paper"] = () =>
                Points(
                    100,
                    [128, 128, 128, 128],
                    50_000,
                    ToyNote + " All layers begin alike (there the last of each branch 1000 times smaller)."
                ),
        };

    /// <summary>i-DenseNets in the plane.</summary>
    public static Dictionary<string, Func<Experiment>> DenseToy { get; } =
        new()
        {
            ["quick"] = () => Dense(Points(6, [16, 16], 1000, ToyNote)),
            ["standard"] = () => Dense(Points(10, [16, 16, 16], 10_000, ToyNote)),
            ["paper"] = () =>
                Dense(
                    Points(
                        10,
                        [16, 16, 16],
                        50_000,
                        ToyNote
                            + " The weights of the concatenations are learned from the first step (there from step "
                            + "25,000 on)."
                    )
                ),
        };

    private const string SmallNote =
        "Far smaller than the published models: its bits/dim do not compare with theirs. The logit and the order of "
        + "the parts are theirs, and the estimator but for its setting, which is RussianRoulette's default.";

    private const string ToyNote =
        "The exact log-determinant instead of the random estimate; weight decay 0, which is what the script's 1e-5 "
        + "did.";

    private static ResidualFlowExperiment CifarQuick() => Small(Photographs, logitAlpha: 0.05, [2, 2, 2], steps: 150);

    private static ResidualFlowExperiment CifarStandard() => Medium(Photographs, logitAlpha: 0.05, [4, 4, 4]);

    private static ResidualFlowExperiment CifarOfficial() =>
        Large(Photographs, logitAlpha: 0.05, epochs: 1000, TermLaw.Poisson) with
        {
            Note =
                "The published script: n Poisson with rate 2 behind two exact terms (the paper: geometric), 1000 "
                + "epochs, no weight decay. "
                + FirstPart,
        };

    private static ResidualFlowExperiment Small(
        Source images,
        double logitAlpha,
        IReadOnlyList<int> blocks,
        long steps
    )
    {
        var data = images.Settings;
        return new()
        {
            Name = "",
            Preset = "",
            Note = SmallNote,
            Data = data,
            Model = new()
            {
                Input = data.ModelInput,
                Blocks = blocks,
                Hidden = [16],
                SpectralNorm = AfterStep,
                DenseBlocks = 1,
                DenseHidden = [32, 32],
                LogitAlpha = logitAlpha,
            },
            Training = new()
            {
                Estimator = new RussianRouletteOptions(),
                Steps = steps,
                Batch = 32,
                Optimizer = new AdamOptions { Beta2 = 0.99 },
                LearningRate = 4e-3,
                WarmUpSteps = 50,
                ClipNorm = 1,
                EvaluateEvery = steps,
                EvaluationImages = 200,
                InitialExamples = 256,
            },
        };
    }

    private static ResidualFlowExperiment Medium(Source images, double logitAlpha, IReadOnlyList<int> blocks)
    {
        var small = Small(images, logitAlpha, blocks, steps: 20_000);
        return small with
        {
            Model = small.Model with
            {
                Hidden = [32],
                DenseBlocks = 4,
                DenseHidden = [64, 64],
            },
            Training = small.Training with
            {
                LearningRate = 2e-3,
                WarmUpSteps = 500,
                AverageDecay = 0.999,
                EvaluateEvery = 2000,
                EvaluationImages = 1000,
                InitialExamples = 1024,
            },
        };
    }

    /// <summary>The published size: 16 blocks of width 512 per scale.</summary>
    private static ResidualFlowExperiment Large(Source images, double logitAlpha, int epochs, TermLaw law)
    {
        var data = images.Settings with { Validation = 0 };
        return new()
        {
            Name = "",
            Preset = "",
            Data = data,
            Model = new()
            {
                Input = data.ModelInput,
                Blocks = [16, 16, 16],
                Hidden = [512],
                SpectralNorm = AfterStep,
                LogitAlpha = logitAlpha,
            },
            Training = new()
            {
                Estimator = new RussianRouletteOptions
                {
                    Distribution = law,
                    Parameter = law == TermLaw.Geometric ? 0.5 : 2,
                    ExactTerms = 2,
                },
                Steps = Epochs.Steps(epochs, images.Count, Batch),
                Batch = Batch,
                Optimizer = new AdamOptions { Beta2 = 0.99 },
                LearningRate = 1e-3,
                WarmUpSteps = 1000,
                ClipNorm = 1,
                AverageDecay = 0.999,
                EvaluateEvery = Epochs.Steps(5, images.Count, Batch),
                EvaluationImages = 10_000,
            },
        };
    }

    private static ResidualFlowExperiment Dense(
        ResidualFlowExperiment like,
        IReadOnlyList<int> growth,
        IReadOnlyList<int> denseGrowth,
        int entrance
    ) =>
        like with
        {
            Model = like.Model with
            {
                Kind = BlockKind.DenseNet,
                Activation = ActivationKind.CLipSwish,
                Hidden = growth,
                DenseHidden = denseGrowth,
                DenseEntrance = entrance,
            },
        };

    private static ToyExperiment Points(int blocks, IReadOnlyList<int> hidden, long steps, string note) =>
        new()
        {
            Name = "",
            Preset = "",
            Note = note,
            Model = new()
            {
                Blocks = blocks,
                Hidden = hidden,
                Activation = ActivationKind.LipSwish,
                LeadingActivation = true,
                ActNorm = false,
                SpectralNorm = new()
                {
                    Coefficient = 0.9,
                    PowerIterations = 5,
                    Update = NormUpdate.AfterStep,
                },
            },
            Training = new()
            {
                Steps = steps,
                WeightDecay = 0,
                EvaluateEvery = steps / 4,
            },
            Run = new() { SampleEvery = steps / 4 },
        };

    private static ToyExperiment Dense(ToyExperiment toy) =>
        toy with
        {
            Model = toy.Model with
            {
                Kind = BlockKind.DenseNet,
                Activation = ActivationKind.CLipSwish,
                LeadingActivation = false,
            },
        };

    /// <summary>As their image script has it: iterations after each step until the vectors converge.</summary>
    private static SpectralNormOptions AfterStep =>
        new()
        {
            Coefficient = 0.98,
            DivisorMargin = 0,
            Tolerance = 1e-3,
            Update = NormUpdate.AfterStep,
        };

    /// <summary>A data set with so many training images.</summary>
    private sealed record Source(string Name, bool Flip, int Count)
    {
        /// <summary>The images as logits, of which 1000 are held out.</summary>
        public ImageDataSettings Settings =>
            new()
            {
                Name = Name,
                Validation = 1000,
                Preprocessing = Preprocessing.LogitDensity(Flip),
            };
    }
}
