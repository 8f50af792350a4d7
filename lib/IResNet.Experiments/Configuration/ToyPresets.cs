namespace IResNet.Experiments.Configuration;

/// <summary>The presets of the densities in the plane (Figure 2).</summary>
internal static class ToyPresets
{
    /// <summary>i-ResNets.</summary>
    public static Dictionary<string, Func<Experiment>> Residual { get; } =
        new()
        {
            ["quick"] = () => OfBlocks(10, 1000),
            ["standard"] = () => OfBlocks(50, 10_000),
            ["paper"] = () =>
                OfBlocks(100, 50_000) with
                {
                    Note =
                        "100 blocks of 2-64-64-64-2 with ELU and the exact log-determinant, as in the paper; it states "
                        + "no optimiser, rate, batch or length, which are those of Residual Flows.",
                },
        };

    /// <summary>Glow's coupling blocks, as many and trained alike.</summary>
    public static Dictionary<string, Func<Experiment>> Glow { get; } =
        new()
        {
            ["quick"] = () => OfGlow(10, 1000),
            ["standard"] = () => OfGlow(50, 10_000),
            ["paper"] = () =>
                OfGlow(100, 50_000) with
                {
                    Note =
                        "100 affine coupling layers 1-64-64-64-2 with ELU and 100 invertible linear maps, as in the "
                        + "paper, and ActNorm. Trained as density-toy, for the paper states nothing.",
                },
        };

    private static ToyExperiment OfBlocks(int blocks, long steps) =>
        new()
        {
            Name = "",
            Preset = "",
            Model = new() { Blocks = blocks },
            Training = new() { Steps = steps, EvaluateEvery = steps / 4 },
            Run = new() { SampleEvery = steps / 4 },
        };

    private static ToyExperiment OfGlow(int blocks, long steps) =>
        OfBlocks(blocks, steps) with
        {
            Model = new() { Blocks = blocks, Kind = BlockKind.AffineGlow },
        };
}
