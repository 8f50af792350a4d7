namespace IResNet.Tests;

/// <summary>Small models of every kind, prepared for tests.</summary>
internal static class Flows
{
    public static FlowConfig Images { get; } =
        new()
        {
            Input = new(1, 4, 4),
            Blocks = [1, 2],
            Strides = [2, 1],
            Hidden = [4, 4],
        };

    private static readonly Dictionary<string, (Func<Flow> build, long[] shape)> Factories = new()
    {
        ["ToyFlow"] = (() => new ToyFlow(3, [8, 8]), [2]),
        ["ToyFlow in three dimensions"] = (() => new ToyFlow(2, [8], dimensions: 3), [3]),
        ["SingleScaleFlow"] = (() => new SingleScaleFlow(Images), [1, 4, 4]),
        ["MultiscaleFlow"] = (() => new MultiscaleFlow(Images), [1, 4, 4]),
        ["MultiscaleFlow, fixed prior, softplus"] = (
            () =>
                new MultiscaleFlow(
                    Images with
                    {
                        LearnedPrior = false,
                        Activation = ActivationKind.Softplus,
                        InitialSqueeze = true,
                        Strides = [1, 1],
                    }
                ),
            [1, 4, 4]
        ),
        ["MultiscaleFlow behind a logit"] = (() => new MultiscaleFlow(Images with { LogitAlpha = 0.01 }), [1, 4, 4]),
        ["ResidualFlow"] = (
            () =>
                new ResidualFlow(
                    new()
                    {
                        Input = new(1, 4, 4),
                        Blocks = [1, 1],
                        Hidden = [4],
                        LogitAlpha = null,
                        DenseBlocks = 1,
                        DenseHidden = [4],
                        FactorOut = true,
                    }
                ),
            [1, 4, 4]
        ),
        ["2-D i-DenseNet"] = (
            () => new ToyFlow(2, [4, 4], activation: ActivationKind.CLipSwish, kind: BlockKind.DenseNet),
            [2]
        ),
        ["2-D affine Glow"] = (() => new ToyFlow(3, [8, 8], kind: BlockKind.AffineGlow), [2]),
        ["2-D additive Glow"] = (() => new ToyFlow(3, [8, 8], kind: BlockKind.AdditiveGlow), [2]),
        ["multiscale affine Glow"] = (() => new MultiscaleFlow(Images with { Kind = BlockKind.AffineGlow }), [1, 4, 4]),
        ["single-scale additive Glow"] = (
            () => new SingleScaleFlow(Images with { Kind = BlockKind.AdditiveGlow }),
            [1, 4, 4]
        ),
    };

    public static TheoryData<string> Names => new(Factories.Keys);

    /// <summary>
    /// A flow in float64 with exact log-determinants and certified norms, and a batch for it, in (0, 1) before a logit.
    /// </summary>
    public static (Flow flow, Tensor x) Create(string name, int seed = 1, long batch = 3)
    {
        Draw.Seed(seed);
        var (build, shape) = Factories[name];
        var flow = Draw.Prepared(build()).WithEstimator(new ExactLogDet()).Freeze();
        var x = Draw.Normal([batch, .. shape]);
        return (flow, flow.modules().OfType<LogitTransform>().Any() ? x.sigmoid() : x);
    }
}
