
namespace IResNet.Tests.Weights;

/// <summary>The official names as a way from model to model.</summary>
public class OfficialWeightsTests
{
    private static readonly FlowConfig Config = Flows.Images with { Input = new(3, 4, 4) };

    [Theory, InlineData(false, true), InlineData(true, true), InlineData(false, false), InlineData(true, false)]
    public void FlowsTravel(bool multiscale, bool actNorm)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(1);
        Flow Build() =>
            multiscale
                ? new MultiscaleFlow(Config with { ActNorm = actNorm })
                : new SingleScaleFlow(Config with { ActNorm = actNorm });
        var (one, other) = (
            Draw.Prepared(Build()).WithEstimator(new ExactLogDet()),
            Build().WithEstimator(new ExactLogDet())
        );
        other.to(ScalarType.Float64).eval();
        var x = Draw.Normal(2, 3, 4, 4);
        Assert.True(Expect.RelativeError(other.forward(x), one.forward(x)) > 1e-3);
        OfficialWeights.Load(other, Copies(OfficialWeights.Named(one)));
        Expect.Near(other.forward(x), one.forward(x), 0, "ln p(x)");
        Assert.All(other.ActNorms, layer => Assert.True(layer.IsInitialized));
    }

    [Fact]
    public void ClassifiersTravel()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(2);
        var (one, other) = (new Classifier(Config, classes: 4), new Classifier(Config, classes: 4));
        one.train();
        one.forward(randn(8, 3, 4, 4));
        one.eval();
        other.eval();
        var x = randn(2, 3, 4, 4);
        OfficialWeights.Load(other, Copies(OfficialWeights.Named(one)));
        Expect.Near(other.forward(x), one.forward(x), 0, "logits");
        Assert.All(other.Body.ActNorms, layer => Assert.True(layer.IsInitialized));
    }

    /// <summary>
    /// All that a model holds has an official name, but for ActNorm's mark, which that code does not save.
    /// </summary>
    [Fact]
    public void NothingIsLeftOut()
    {
        using var scope = NewDisposeScope();
        foreach (
            var (model, named) in new (nn.Module, IReadOnlyDictionary<string, Tensor>)[]
            {
                (new MultiscaleFlow(Config) is var flow ? flow : null!, OfficialWeights.Named(flow)),
                (
                    new Classifier(Config, classes: 4) is var classifier ? classifier : null!,
                    OfficialWeights.Named(classifier)
                ),
            }
        )
        {
            var state = model
                .state_dict()
                .Where(entry => !entry.Key.EndsWith("initialized", StringComparison.Ordinal))
                .Select(entry => entry.Value.Handle)
                .ToHashSet();
            Assert.True(state.SetEquals(named.Values.Select(tensor => tensor.Handle)));
            Assert.Equal(named.Count, state.Count);
        }
    }

    [Fact]
    public void MisfitsLeaveTheModelAsItWas()
    {
        using var scope = NewDisposeScope();
        var flow = new MultiscaleFlow(Config);
        var before = Copies(OfficialWeights.Named(flow));
        var other = new MultiscaleFlow(Config with { Hidden = [4, 5] });
        Assert.Throws<WeightsFormatException>(() => OfficialWeights.Load(flow, OfficialWeights.Named(other)));
        Assert.Throws<WeightsFormatException>(() =>
            OfficialWeights.Load(flow, OfficialWeights.Named(new SingleScaleFlow(Config)))
        );
        Assert.Throws<WeightsFormatException>(() => OfficialWeights.Load(flow, new Dictionary<string, Tensor>()));
        foreach (var (name, tensor) in OfficialWeights.Named(flow))
            Expect.Near(tensor, before[name], 0, name);
        Assert.All(flow.ActNorms, layer => Assert.False(layer.IsInitialized));
    }

    /// <summary>The official i-ResNet begins with no logit.</summary>
    [Fact]
    public void AFlowBehindALogitHasNoOfficialNames() =>
        Assert.Throws<ArgumentException>(() =>
            OfficialWeights.Named(new MultiscaleFlow(Config with { LogitAlpha = 0.01 }))
        );

    [Fact]
    public void ToyFlowHasNoOfficialNames() =>
        Assert.Throws<ArgumentException>(() => OfficialWeights.Named(new ToyFlow(1)));

    private static Dictionary<string, Tensor> Copies(IReadOnlyDictionary<string, Tensor> tensors) =>
        tensors.ToDictionary(pair => pair.Key, pair => pair.Value.detach().clone());
}
