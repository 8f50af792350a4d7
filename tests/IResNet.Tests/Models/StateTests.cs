using IResNet.Tests.Blocks;

namespace IResNet.Tests.Models;

/// <summary>What a model's state holds under its own names, and what saving and conversion do to it.</summary>
public class StateTests
{
    private static readonly FlowConfig Config = new()
    {
        Input = new(1, 4, 4),
        Blocks = [1, 1],
        Strides = [2, 1],
        Hidden = [4, 4],
        Activation = ActivationKind.LipSwish,
    };

    [Fact]
    public void EverythingThatDecidesTheOutputIsSaved()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(1);
        var x = randn(3, 1, 4, 4);
        var trained = new Classifier(Config, classes: 3);
        trained.train();
        for (int i = 0; i < 3; i++)
            trained.forward(x);
        trained.eval();
        var fresh = new Classifier(Config, classes: 3);
        fresh.eval();
        Assert.True(Expect.RelativeError(fresh.forward(x), trained.forward(x)) > 1e-2);
        StateDict.Copy(trained.state_dict(), fresh.state_dict());
        Expect.Near(fresh.forward(x), trained.forward(x), 0, "logits");
    }

    /// <summary>
    /// TorchSharp's own file too: a loaded model's first training batch does not re-initialise ActNorm.
    /// </summary>
    [Fact]
    public void ActNormsMarkIsSaved()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(2);
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.bin");
        try
        {
            var trained = new MultiscaleFlow(Config);
            trained.train();
            trained.forward(randn(8, 1, 4, 4));
            Assert.All(trained.ActNorms, actNorm => Assert.True(actNorm.IsInitialized));
            trained.save(path);
            var loaded = new MultiscaleFlow(Config);
            Assert.All(loaded.ActNorms, actNorm => Assert.False(actNorm.IsInitialized));
            loaded.load(path);
            Assert.All(loaded.ActNorms, actNorm => Assert.True(actNorm.IsInitialized));
            loaded.train();
            loaded.forward(5 + 3 * randn(8, 1, 4, 4));
            foreach (var (one, other) in loaded.ActNorms.Zip(trained.ActNorms))
                Expect.Near(one.LogScale, other.LogScale, 0, "scale");
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void NamesAreUniqueAndComplete()
    {
        using var scope = NewDisposeScope();
        var flow = new MultiscaleFlow(Config);
        var names = flow.state_dict().Keys.ToList();
        // Two ActNorms, two blocks of three layers, five LipSwish (the first block has one less), and the prior.
        Assert.Equal(2 * 3 + 2 * 3 * 5 + 5 + 2, names.Count);
        Assert.Contains("prior.mean", names);
        Assert.Contains("transform.bijections.3.rest.bijections.1.branch.layers.2.weight", names);
    }

    /// <summary>
    /// No tensor under two names: files would grow with the depth of nesting, and every walk over the modules would
    /// slow down.
    /// </summary>
    [Theory, MemberData(nameof(BijectionCases.Names), MemberType = typeof(BijectionCases))]
    public void EveryTensorIsSavedOnce(string name)
    {
        using var scope = NewDisposeScope();
        var (bijection, _) = BijectionCases.Create(name, seed: 1);
        AssertOnce(bijection);
    }

    [Fact]
    public void EveryTensorOfAModelIsSavedOnce()
    {
        using var scope = NewDisposeScope();
        var models = new nn.Module[]
        {
            new Classifier(Config, classes: 3),
            new MultiscaleFlow(Config),
            new SingleScaleFlow(Config),
            new ToyFlow(2, [4]),
            new ToyFlow(2, [4], kind: BlockKind.AffineGlow),
            new MultiscaleFlow(Config with { Kind = BlockKind.AffineGlow }),
        };
        foreach (var model in models)
            AssertOnce(model);
    }

    private static void AssertOnce(nn.Module module)
    {
        var state = module.state_dict();
        Assert.Equal(state.Count, state.Values.Select(tensor => tensor.Handle).Distinct().Count());
        Assert.Equal(module.modules().Count(), module.modules().Distinct().Count());
        Assert.DoesNotContain(state.Keys, key =>
            key.Contains('<', StringComparison.Ordinal) || key.Contains("._", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void ConversionKeepsValuesAndKinds()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(3);
        var classifier = new Classifier(Config, classes: 3);
        classifier.train();
        classifier.forward(randn(4, 1, 4, 4));
        classifier.eval();
        var before = classifier.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.clone());
        classifier.to(ScalarType.Float64);
        foreach (var (name, value) in classifier.state_dict())
        {
            Assert.Equal(before[name].is_floating_point() ? ScalarType.Float64 : before[name].dtype, value.dtype);
            Assert.True(value.eq(before[name]).all().ToBoolean(), name);
        }
        Assert.Contains(before.Values, value => value.dtype == ScalarType.Bool);
        Assert.Contains(before.Values, value => value.dtype == ScalarType.Int64);
        Assert.All(classifier.Body.ActNorms, actNorm => Assert.True(actNorm.IsInitialized));
        classifier.to(ScalarType.Float32);
        foreach (var (name, value) in classifier.state_dict())
            Assert.True(value.eq(before[name]).all().ToBoolean(), name);
    }

    /// <summary>
    /// The layers' own properties show the converted tensors, and an optimiser made afterwards moves them.
    /// </summary>
    [Fact]
    public void ConvertedModelTrains()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(4);
        var flow = new MultiscaleFlow(Config);
        flow.to(ScalarType.Float64);
        var layer = flow.ResidualBlocks[0].Branch.Layers[0];
        Assert.Equal(
            (ScalarType.Float64, ScalarType.Float64, ScalarType.Float64),
            (layer.Weight.dtype, layer.U.dtype, layer.Sigma.dtype)
        );
        var weight = layer.Weight.detach().clone();
        using var optimizer = optim.Adam(flow.parameters(), 0.1);
        flow.train();
        (-flow.forward(Draw.Normal(4, 1, 4, 4)).mean()).backward();
        optimizer.step();
        Assert.True(Expect.MaxAbs(layer.Weight - weight) > 1e-3);
    }
}
