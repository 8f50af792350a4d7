namespace IResNet.Tests.Models;

/// <summary>The image models of Residual Flows and i-DenseNets: their parts, their likelihood, their names.</summary>
public class ResidualFlowTests
{
    private static readonly ResidualFlowConfig Config = new()
    {
        Input = new(1, 8, 8),
        Blocks = [2, 1, 1],
        Hidden = [3],
        DenseBlocks = 2,
        DenseHidden = [5, 4],
    };

    private static readonly Dictionary<string, ResidualFlowConfig> Configs = new()
    {
        ["residual"] = Config,
        ["factored out"] = Config with { FactorOut = true, LogitAlpha = 1e-6 },
        ["without dense end"] = Config with { DenseBlocks = 0, Activation = ActivationKind.Elu },
        ["one scale, no ActNorm"] = Config with { Blocks = [2], ActNorm = false, FirstActivation = true },
        ["no leading activation"] = Config with { LeadingActivation = false, FirstActNorm = false },
        ["i-DenseNet"] = Config with
        {
            Kind = BlockKind.DenseNet,
            Hidden = [4, 6],
            Activation = ActivationKind.CLipSwish,
            DenseHidden = [4],
            DenseEntrance = 7,
        },
    };

    public static TheoryData<string> Names => [.. Configs.Keys];

    /// <summary>Logit, ActNorm, then blocks and ActNorm in turn, squeezes between scales, none before the first
    /// block.</summary>
    [Fact]
    public void PartsStandInTheirOrder()
    {
        var flow = new ResidualFlow(Config);
        string Of(IEnumerable<Bijection> parts) => string.Join(" ", parts.Select(part => part.GetType().Name));
        Assert.Equal(
            [
                "LogitTransform ActNorm ResidualBlock ActNorm ResidualBlock ActNorm Squeeze",
                "ResidualBlock ActNorm Squeeze",
                "ResidualBlock ActNorm",
                "ResidualBlock ActNorm ResidualBlock ActNorm",
            ],
            flow.Scales.Append(flow.DenseEnd).Select(Of)
        );
        Assert.Equal(
            [false, true, true, true, true, true],
            flow.ResidualBlocks.Select(block => ((SequentialBranch)block.Branch).LeadingActivation)
        );
        Assert.IsType<RussianRoulette>(flow.ResidualBlocks[0].Estimator);
        Assert.All(flow.Prior.parameters(), parameter => Assert.False(parameter.requires_grad));
    }

    /// <summary>ln p(x) by the full Jacobian of the whole flow, logit included.</summary>
    [Theory, MemberData(nameof(Names))]
    public void DensityIsThatOfTheFullJacobian(string name)
    {
        using var scope = NewDisposeScope();
        var (flow, x) = Create(name);
        flow.WithEstimator(new ExactLogDet());
        var z = flow.LatentsOf(x).flatten(1);
        var expected =
            -0.5 * z.square().sum(1)
            - 32 * Math.Log(2 * Math.PI)
            + Jacobians.LogVolume(Jacobians.Of(flow.LatentsOf, x));
        Expect.Near(flow.forward(x), expected, 1e-9, "ln p(x)");
    }

    [Theory, MemberData(nameof(Names))]
    public void SamplesAreImages(string name)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (flow, x) = Create(name);
        flow.Freeze();
        Expect.Near(flow.Transform.Inverse(flow.LatentsOf(x), 1e-12).Value, x, 1e-9, "x");
        var samples = flow.Sample(5);
        Assert.Equal([5, 1, 8, 8], samples.shape);
        Assert.InRange(samples.min().ToDouble(), -0.06, 1.06);
        Assert.InRange(samples.max().ToDouble(), -0.06, 1.06);
    }

    /// <summary>Under the official names from model to model, and nothing is left out.</summary>
    [Theory, MemberData(nameof(Names))]
    public void OfficialNamesCarryEverything(string name)
    {
        using var scope = NewDisposeScope();
        var (one, x) = Create(name);
        var (other, _) = Create(name);
        using (no_grad())
            foreach (var parameter in other.Transform.parameters())
                parameter.add_(0.1);
        foreach (var actNorm in other.ActNorms)
            actNorm.IsInitialized = false;
        foreach (var flow in new[] { one, other })
            flow.WithEstimator(new ExactLogDet());
        Assert.True(OfficialWeights.Knows(one));
        Assert.True(Expect.MaxAbs(other.forward(x) - one.forward(x)) > 1e-3);
        var named = OfficialWeights.Named(one);
        OfficialWeights.Load(other, named.ToDictionary(pair => pair.Key, pair => pair.Value.detach().clone()));
        Expect.Near(other.forward(x), one.forward(x), 0, "ln p(x)");
        Assert.All(other.ActNorms, actNorm => Assert.True(actNorm.IsInitialized));
        // Whatever the model keeps has a name, but for its marks and the prior, which is no parameter of that code.
        var kept = one.Transform.state_dict().Where(e => !e.Key.EndsWith("initialized", StringComparison.Ordinal));
        Assert.Equal(
            kept.Select(entry => entry.Value.numel()).Order(),
            named
                .Where(pair =>
                    !pair.Key.EndsWith("initialized", StringComparison.Ordinal)
                    && !pair.Key.EndsWith("spatial_dims", StringComparison.Ordinal)
                    && !pair.Key.EndsWith("geom_p", StringComparison.Ordinal)
                    && !pair.Key.EndsWith("lamb", StringComparison.Ordinal)
                )
                .Select(pair => pair.Value.numel())
                .Order()
        );
    }

    /// <summary>A map of another size has vectors of another length, or is told by its size.</summary>
    [Fact]
    public void WeightsForOtherSizesAreRefused()
    {
        using var scope = NewDisposeScope();
        var (wide, high) = (
            new ResidualFlow(Config with { Input = new(1, 4, 16), Blocks = [1, 1], DenseBlocks = 0 }),
            new ResidualFlow(Config with { Input = new(1, 16, 4), Blocks = [1, 1], DenseBlocks = 0 })
        );
        var before = wide.Transform.state_dict().ToDictionary(e => e.Key, e => e.Value.detach().clone());
        var fault = Assert.Throws<WeightsFormatException>(() =>
            OfficialWeights.Load(wide, OfficialWeights.Named(high))
        );
        Assert.Contains("spatial_dims", fault.Message, StringComparison.Ordinal);
        Assert.All(wide.Transform.state_dict(), e =>
            Expect.Near(e.Value.to(ScalarType.Float32), before[e.Key].to(ScalarType.Float32), 0, e.Key)
        );
    }

    /// <summary>A 2-D flow has official names as Residual Flows has it, not with ActNorm in our form.</summary>
    [Fact]
    public void ToyFlowsOfThatCodeHaveNames()
    {
        using var scope = NewDisposeScope();
        var config = new ToyFlowConfig
        {
            Blocks = 2,
            Hidden = [4],
            LeadingActivation = true,
            LeadingActNorm = true,
            ActNormForm = ActNormForm.ShiftFirst,
            Activation = ActivationKind.LipSwish,
        };
        Assert.Contains("chain.0.weight", OfficialWeights.Named(new ToyFlow(config)).Keys);
        Assert.Contains("chain.1.nnet.0.beta", OfficialWeights.Named(new ToyFlow(config)).Keys);
        Assert.Contains(
            "chain.0.nnet.1.weight",
            OfficialWeights.Named(new ToyFlow(config with { ActNorm = false })).Keys
        );
        Assert.False(OfficialWeights.Knows(new ToyFlow(config with { ActNormForm = ActNormForm.ScaleFirst })));
        Assert.False(OfficialWeights.Knows(new ToyFlow(config with { Kind = BlockKind.AffineGlow })));
    }

    [Fact]
    public void ImpossibleConfigurationsAreRefused()
    {
        void Refused<T>(ResidualFlowConfig config)
            where T : Exception => Assert.Throws<T>(() => new ResidualFlow(config));
        Refused<ArgumentOutOfRangeException>(Config with { Blocks = [] });
        Refused<ArgumentOutOfRangeException>(Config with { Blocks = [1, 0] });
        Refused<ArgumentOutOfRangeException>(Config with { Hidden = [] });
        Refused<ArgumentOutOfRangeException>(Config with { DenseHidden = [] });
        Refused<ArgumentOutOfRangeException>(Config with { LogitAlpha = 0.5 });
        Refused<ArgumentException>(Config with { Hidden = [3, 3] });
        Refused<ArgumentException>(Config with { LeadingActivation = false, FirstActivation = true });
        Refused<ArgumentException>(Configs["i-DenseNet"] with { LeadingActivation = false });
        Refused<ShapeException>(Config with { Blocks = [1, 1, 1, 1, 1] });
        Refused<ArgumentOutOfRangeException>(Configs["i-DenseNet"] with { Hidden = [3] });
    }

    private static (ResidualFlow flow, Tensor x) Create(string name)
    {
        Draw.Seed(3);
        return (Draw.Prepared(new ResidualFlow(Configs[name])), Draw.Normal(2, 1, 8, 8).sigmoid());
    }
}
