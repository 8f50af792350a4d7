using IResNet.Tests.Blocks;

namespace IResNet.Tests.Inverse;

/// <summary>An inverse only reads the model.</summary>
public class SideEffectTests
{
    public static TheoryData<string> Names => BijectionCases.Names;

    /// <summary>In training mode too, with weights that a step has just changed.</summary>
    [Theory, MemberData(nameof(Names))]
    public void StateIsUntouched(string name)
    {
        using var scope = NewDisposeScope();
        var (bijection, x) = BijectionCases.Create(name, seed: 1);
        var y = bijection.forward(x).y.detach();
        using (no_grad())
            foreach (var parameter in bijection.parameters())
                parameter.mul_(0.9);
        bijection.train();
        var before = bijection.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.clone());
        bijection.Inverse(y);
        foreach (var (key, value) in bijection.state_dict())
            Assert.True(value.eq(before[key]).all().ToBoolean(), key);
        Assert.All(Layers(bijection), layer => Assert.False(layer.IsFrozen));
        Assert.True(bijection.training);
    }

    [Theory, MemberData(nameof(Names))]
    public void FrozenStaysFrozen(string name)
    {
        using var scope = NewDisposeScope();
        var (bijection, x) = BijectionCases.Create(name, seed: 2);
        foreach (var layer in Layers(bijection))
            layer.Freeze(FrozenNorm.Certified);
        var weights = Layers(bijection).Select(layer => layer.EffectiveWeight()).ToList();
        bijection.Inverse(bijection.forward(x).y);
        Assert.All(Layers(bijection).Zip(weights), pair => Assert.Same(pair.Second, pair.First.EffectiveWeight()));
    }

    /// <summary>
    /// The iteration is not differentiated, so no part of an inverse may look as if it were: its gradient would be
    /// wrong.
    /// </summary>
    [Theory, MemberData(nameof(Names))]
    public void ResultHasNoGraphOfItsOwn(string name)
    {
        using var scope = NewDisposeScope();
        var (bijection, x) = BijectionCases.Create(name, seed: 3);
        Assert.False(bijection.Inverse(bijection.forward(x).y.detach()).Value.requires_grad);
    }

    [Theory, MemberData(nameof(Names))]
    public void InputIsUntouched(string name)
    {
        using var scope = NewDisposeScope();
        var (bijection, x) = BijectionCases.Create(name, seed: 1);
        var y = bijection.forward(x).y.detach();
        var copy = y.clone();
        var inverse = bijection.Inverse(y, FixedPoint.Iterations(0)).Value;
        var copyX = x.clone();
        bijection.forward(x);
        Expect.Near(y, copy, 0, "y");
        Expect.Near(x, copyX, 0, "x");
        Assert.False(inverse.IsInvalid);
    }

    private static IEnumerable<SpectralLayer> Layers(Bijection bijection) =>
        bijection.modules().OfType<SpectralLayer>().Distinct();
}
