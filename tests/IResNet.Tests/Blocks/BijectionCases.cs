namespace IResNet.Tests.Blocks;

/// <summary>
/// Every bijection of the library, with shapes drawn at random: one registry, which all property tests go through.
/// </summary>
internal static class BijectionCases
{
    private static readonly IReadOnlyList<ActivationKind> Activations = ActivationKind.All;

    private static readonly Dictionary<string, Func<Random, (Bijection bijection, long[] shape)>> Factories = new()
    {
        ["ActNorm of points"] = random => (new ActNorm(3), [Batch(random), 3]),
        ["ActNorm of images"] = random => Images(random, shape => new ActNorm(shape.Channels)),
        ["ActNorm of images, shift first"] = random =>
            Images(random, shape => new ActNorm(shape.Channels, ActNormForm.ShiftFirst)),
        ["Squeeze"] = random => Images(random, _ => new Squeeze()),
        ["Squeeze, channels first"] = random => Images(random, _ => new Squeeze(SqueezeOrder.ChannelFirst)),
        ["InjectivePadding"] = random =>
            Images(random, shape => new InjectivePadding(shape.Channels, random.Next(0, 4))),
        ["Flatten"] = random => Images(random, shape => new Flatten(shape)),
        ["InvertibleLinear of points"] = random => (new InvertibleLinear(4), [Batch(random), 4]),
        ["InvertibleLinear of images"] = random => Images(random, shape => new InvertibleLinear(shape.Channels)),
        ["Reversal"] = random => Images(random, _ => new Reversal()),
        ["FactorOut"] = random =>
            Images(
                random,
                shape =>
                {
                    var rest = FactorOut.Remaining(shape);
                    return new FactorOut(
                        shape,
                        new Sequence(
                            new ActNorm(rest.Channels),
                            ConvBlock(random, rest, ActivationKind.Elu),
                            new Flatten(rest)
                        )
                    );
                },
                leastChannels: 2
            ),
        ["FactorOut, first half kept"] = random =>
            Images(
                random,
                shape => new FactorOut(shape, new Flatten(FactorOut.Remaining(shape)), keepsFirst: true),
                leastChannels: 2
            ),
        ["dense-net ResidualBlock of images"] = random =>
            Images(random, shape => new ResidualBlock(
                new DenseNetBranch(shape, [2 * random.Next(1, 4), 2], new() { Coefficient = 0.8 })
            )),
        ["dense-net ResidualBlock of points"] = random =>
            (
                new ResidualBlock(
                    new DenseNetBranch(3, [4, 2 * random.Next(1, 3)], new(), entrance: Coin(random) ? 5 : null)
                ),
                [Batch(random), 3]
            ),
        ["ResidualFlow"] = random => Residual(random, config => config),
        ["ResidualFlow, factored out"] = random =>
            Residual(random, config => config with { FactorOut = true, FirstActivation = true }),
        ["ResidualFlow of an i-DenseNet"] = random =>
            Residual(random, config =>
                config with
                {
                    Kind = BlockKind.DenseNet,
                    Hidden = [4, 2],
                    Activation = ActivationKind.CLipSwish,
                    DenseHidden = [2, 4],
                    DenseEntrance = 5,
                }
            ),
        ["2-D i-DenseNet"] = random =>
            (
                new ToyFlow(2, [4, 2], activation: ActivationKind.CLipSwish, kind: BlockKind.DenseNet).Transform,
                [Batch(random), 2]
            ),
        ["Sequence"] = random =>
            Images(random, shape => new Sequence(
                new ActNorm(shape.Channels),
                ConvBlock(random, shape, ActivationKind.LipSwish),
                new Squeeze(),
                ConvBlock(random, shape.Squeezed(), ActivationKind.Softplus),
                new Flatten(shape.Squeezed())
            )),
        ["SingleScaleFlow"] = random => Flow(random, config => new SingleScaleFlow(config).Transform, strides: [1, 2]),
        ["SingleScaleFlow, initial squeeze, no ActNorm"] = random =>
            Flow(
                random,
                config =>
                    new SingleScaleFlow(
                        config with
                        {
                            InitialSqueeze = true,
                            ActNorm = false,
                            NormBeforeSqueeze = true,
                        }
                    ).Transform,
                strides: [1]
            ),
        ["MultiscaleFlow"] = random => Flow(random, config => new MultiscaleFlow(config).Transform, strides: [2, 2]),
        ["MultiscaleFlow, odd channels"] = random =>
            Flow(random, config => new MultiscaleFlow(config).Transform, strides: [1, 1], channels: 3),
        ["ToyFlow"] = random =>
            (new ToyFlow(3, [5, 4], activation: Activations[random.Next(3)]).Transform, [Batch(random), 2]),
        ["ToyFlow in five dimensions"] = random => (new ToyFlow(2, [6], dimensions: 5).Transform, [Batch(random), 5]),
        ["multiscale affine Glow"] = random =>
            Flow(
                random,
                config => new MultiscaleFlow(config with { Kind = BlockKind.AffineGlow }).Transform,
                strides: [2, 2]
            ),
        ["single-scale additive Glow"] = random =>
            Flow(
                random,
                config =>
                    new SingleScaleFlow(config with { Kind = BlockKind.AdditiveGlow, InitialSqueeze = true }).Transform,
                strides: [1, 2]
            ),
        ["2-D affine Glow"] = random =>
            (new ToyFlow(3, [5, 4], kind: BlockKind.AffineGlow).Transform, [Batch(random), 2]),
        ["additive Glow in five dimensions"] = random =>
            (new ToyFlow(2, [6], dimensions: 5, kind: BlockKind.AdditiveGlow).Transform, [Batch(random), 5]),
    };

    static BijectionCases()
    {
        foreach (bool affine in new[] { false, true })
        {
            string kind = affine ? "affine" : "additive";
            Factories[$"{kind} CouplingLayer of points"] = random =>
            {
                int dimensions = random.Next(2, 6);
                return (
                    new CouplingLayer(dimensions, [6, 4], affine, Activations[random.Next(4)]),
                    [Batch(random), dimensions]
                );
            };
            Factories[$"{kind} CouplingLayer of images"] = random =>
                Images(
                    random,
                    shape => new CouplingLayer(shape, 2 * random.Next(1, 4), affine, Activations[random.Next(4)]),
                    leastChannels: 2
                );
        }
        foreach (var activation in Activations)
        {
            Factories[$"dense ResidualBlock, {activation}"] = random =>
            {
                int features = 2 * random.Next(1, 4),
                    width = 2 * random.Next(1, 5);
                return (
                    new ResidualBlock(new DenseBranch(features, [width, width + 2], new(), activation, Coin(random))),
                    [Batch(random), features]
                );
            };
            Factories[$"convolutional ResidualBlock, {activation}"] = random =>
                Images(random, shape => ConvBlock(random, shape, activation), evenChannels: true);
        }
    }

    public static TheoryData<string> Names => new(Factories.Keys);

    /// <summary>Every bijection with several seeds.</summary>
    public static TheoryData<string, int> WithSeeds(int count) =>
        new(
            from name in Factories.Keys
            from seed in Enumerable.Range(1, count)
            select new TheoryDataRow<string, int>(name, seed)
        );

    /// <summary>
    /// A bijection with exact log-determinants, its weights constrained and its parameters away from their initial
    /// values, and a batch for it.
    /// </summary>
    public static (Bijection bijection, Tensor x) Create(string name, int seed)
    {
        var (bijection, shape) = Factories[name](Draw.Seed(seed));
        foreach (var block in bijection.modules().Append(bijection).OfType<ResidualBlock>())
            block.Estimator = new ExactLogDet();
        return (Draw.Prepared(bijection), Draw.Normal(shape));
    }

    private static (Bijection, long[]) Images(
        Random random,
        Func<ImageShape, Bijection> build,
        int leastChannels = 1,
        bool evenChannels = false
    )
    {
        int channels = evenChannels ? 2 : random.Next(leastChannels, 4);
        var shape = new ImageShape(channels, 2 * random.Next(1, 3), 2 * random.Next(1, 3));
        return (build(shape), [Batch(random), shape.Channels, shape.Height, shape.Width]);
    }

    private static (Bijection, long[]) Flow(
        Random random,
        Func<FlowConfig, Bijection> build,
        int[] strides,
        int channels = 1
    )
    {
        var shape = new ImageShape(channels, 4, 4 * random.Next(1, 3));
        return (
            build(
                new FlowConfig
                {
                    Input = shape,
                    Blocks = [.. strides.Select(_ => random.Next(1, 3))],
                    Strides = strides,
                    Hidden = [.. strides.Select(_ => random.Next(2, 5))],
                }
            ),
            [Batch(random), shape.Channels, shape.Height, shape.Width]
        );
    }

    /// <summary>Without its logit, for inputs anywhere; that has tests of its own.</summary>
    private static (Bijection, long[]) Residual(Random random, Func<ResidualFlowConfig, ResidualFlowConfig> change)
    {
        var shape = new ImageShape(random.Next(1, 3), 4, 2 * random.Next(1, 3));
        var config = new ResidualFlowConfig
        {
            Input = shape,
            Blocks = [random.Next(1, 3), 1],
            Hidden = [random.Next(2, 4)],
            LogitAlpha = null,
            DenseBlocks = 1,
            DenseHidden = [3],
        };
        return (new ResidualFlow(change(config)).Transform, [Batch(random), shape.Channels, shape.Height, shape.Width]);
    }

    private static ResidualBlock ConvBlock(Random random, ImageShape shape, ActivationKind activation) =>
        new(new ConvBranch(shape, 2 * random.Next(1, 4), 0.3 + 0.6 * random.NextDouble(), activation, Coin(random)));

    private static bool Coin(Random random) => random.Next(2) == 0;

    private static long Batch(Random random) => random.Next(2, 4);
}
