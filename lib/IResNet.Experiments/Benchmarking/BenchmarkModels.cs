namespace IResNet.Experiments.Benchmarking;

/// <summary>The models that are timed: those on which the official code was timed.</summary>
internal static class BenchmarkModels
{
    /// <summary>Density model for 1x28x28: 28 allows no third squeeze, hence two stages.</summary>
    public static FlowConfig Mnist28 { get; } = Density(new(1, 28, 28), stages: 2, blocks: 4, hidden: 32);

    /// <summary>Density model for MNIST padded to 1x32x32.</summary>
    public static FlowConfig Mnist32 { get; } = Density(new(1, 32, 32), stages: 3, blocks: 4, hidden: 32);

    /// <summary>Density model for 3x32x32 at a width that a processor can train.</summary>
    public static FlowConfig Cifar { get; } = Density(new(3, 32, 32), stages: 3, blocks: 4, hidden: 32);

    /// <summary>The paper's density model (Appendix C.3): 25 million parameters.</summary>
    public static FlowConfig Paper { get; } = Density(new(3, 32, 32), stages: 3, blocks: 16, hidden: 512);

    /// <summary>Body of a classifier for 1x28x28.</summary>
    public static FlowConfig Mnist28Classifier { get; } =
        Classifier(new(1, 28, 28), padding: 7, blocks: 4, [32, 32, 32]);

    /// <summary>Body of a classifier for 3x32x32.</summary>
    public static FlowConfig CifarClassifier { get; } =
        Classifier(new(3, 32, 32), padding: 13, blocks: 4, [32, 32, 32]);

    /// <summary>Body of the paper's classifier (Table 2).</summary>
    public static FlowConfig PaperClassifier { get; } =
        Classifier(new(3, 32, 32), padding: 13, blocks: 7, [32, 64, 128]);

    /// <summary>A multiscale density model: squeezed first, a squeeze before each later stage.</summary>
    public static FlowConfig Density(ImageShape input, int stages, int blocks, int hidden) =>
        new()
        {
            Input = input,
            InitialSqueeze = true,
            Blocks = [.. Enumerable.Repeat(blocks, stages)],
            Strides = [1, .. Enumerable.Repeat(2, stages - 1)],
            Hidden = [.. Enumerable.Repeat(hidden, stages)],
        };

    /// <summary>The same with a number of power iterations per step.</summary>
    public static FlowConfig With(this FlowConfig config, int powerIterations) =>
        config with
        {
            SpectralNorm = config.SpectralNorm with { PowerIterations = powerIterations },
        };

    private static FlowConfig Classifier(ImageShape input, int padding, int blocks, int[] hidden) =>
        new()
        {
            Input = input,
            Padding = padding,
            Blocks = [.. Enumerable.Repeat(blocks, hidden.Length)],
            Strides = [1, .. Enumerable.Repeat(2, hidden.Length - 1)],
            Hidden = hidden,
            NormBeforeSqueeze = true,
        };
}
