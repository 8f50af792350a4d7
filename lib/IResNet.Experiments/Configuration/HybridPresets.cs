using IResNet.Experiments.Training;

namespace IResNet.Experiments.Configuration;

/// <summary>The presets of the hybrid experiments: those of the densities, at weight 1/d.</summary>
internal static class HybridPresets
{
    /// <summary>MNIST, 1x28x28.</summary>
    public static Dictionary<string, Func<Experiment>> Mnist { get; } =
        new()
        {
            ["quick"] = () =>
            {
                var like = As("density-mnist", "quick");
                return like with
                {
                    Training = like.Training with { WarmUpSteps = 150, DecaySteps = [1000, 1333] },
                };
            },
            ["standard"] = () => As("density-mnist", "standard"),
            ["paper"] = () => Paper("density-mnist"),
        };

    /// <summary>CIFAR-10, 3x32x32.</summary>
    public static Dictionary<string, Func<Experiment>> Cifar10 { get; } =
        new()
        {
            ["quick"] = () =>
            {
                var like = As("density-cifar10", "quick");
                return like with
                {
                    Head = new ScaleHeadConfig { Width = 64 },
                    Training = like.Training with { EvaluateEvery = 50 },
                };
            },
            ["standard"] = () =>
            {
                var like = As("density-cifar10", "standard");
                return like with
                {
                    Head = new ScaleHeadConfig { Width = 256 },
                    Training = like.Training with
                    {
                        Batch = 32,
                        AverageDecay = null,
                        EvaluationImages = 500,
                    },
                    Run = new() { SampleEvery = 25_000 },
                };
            },
            ["paper"] = () => Paper("density-cifar10"),
        };

    /// <summary>The paper's density with the follow-up's head.</summary>
    private static HybridExperiment Paper(string density)
    {
        var like = As(density, "paper");
        return like with
        {
            Note =
                "The paper trains a network for each task; this is its density's, with the head and the weight 1/d of "
                + $"the follow-up's hybrids. As {density}: {like.Note}",
            Head = new ScaleHeadConfig(),
        };
    }

    private static HybridExperiment As(string density, string preset)
    {
        var like = (DensityExperiment)ExperimentCatalogue.Get(density, preset);
        return new()
        {
            Name = "",
            Preset = "",
            Note = like.Note,
            Data = like.Data,
            Model = like.Model,
            Training = new(like.Training) { Weight = 1.0 / like.Model.Input.Dimensions },
            Run = like.Run,
        };
    }
}
