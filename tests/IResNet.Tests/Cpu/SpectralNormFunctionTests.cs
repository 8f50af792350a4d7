using IResNet.Cpu;

namespace IResNet.Tests.Cpu;

/// <summary>A whole model's normalization at once is the same as layer by layer.</summary>
public class SpectralNormFunctionTests
{
    private const double Tolerance = 2e-6;

    public static TheoryData<string> Layers => [.. Cases.Keys];

    private static readonly Dictionary<string, Func<SpectralLayer>> Cases = new()
    {
        ["3x3, even tiles"] = () => new SpectralConv2d(12, 32, 3, 16, 16, new()),
        ["3x3, odd everything"] = () => new SpectralConv2d(5, 3, 3, 7, 9, new() { PowerIterations = 2 }),
        ["3x3, one pixel"] = () => new SpectralConv2d(2, 6, 3, 1, 1, new()),
        ["3x3, many outputs"] = () => new SpectralConv2d(5, 70, 3, 7, 6, new() { PowerIterations = 3 }),
        ["3x3, many inputs"] = () => new SpectralConv2d(96, 4, 3, 5, 5, new() { PowerIterations = 2 }),
        ["3x3, many of both"] = () => new SpectralConv2d(64, 64, 3, 3, 4, new()),
        ["1x1"] = () => new SpectralConv2d(33, 17, 1, 8, 8, new() { Coefficient = 0.5 }),
        ["dense"] = () => new SpectralLinear(2, 64, new() { PowerIterations = 1 }),
        ["disabled"] = () => new SpectralConv2d(3, 3, 3, 4, 4, new() { Enabled = false }),
        ["5x5"] = () => new SpectralConv2d(3, 3, 5, 6, 6, new()),
    };

    /// <summary>Both below the bound, where the norm's gradient does not take part, and above it.</summary>
    [Theory, MemberData(nameof(Layers))]
    public void EqualsLayerByLayer(string name)
    {
        foreach (double scale in new[] { 1e-2, 10 })
        {
            manual_seed(3);
            var layer = Cases[name]();
            using (no_grad())
                layer.Weight.mul_(scale);
            var (u, v) = (layer.U.clone(), layer.V.clone());
            var cotangent = randn_like(layer.Weight);

            using (Kernels.Use())
            using (SpectralStep.Begin([layer]))
                (layer.EffectiveWeight() * cotangent).sum().backward();
            var (gradient, newU, newV, sigma) = (
                layer.Weight.grad!.clone(),
                layer.U.clone(),
                layer.V.clone(),
                layer.Sigma.clone()
            );
            Tensor weight;
            using (no_grad())
            {
                weight = layer.EffectiveWeight().clone();
                layer.U.copy_(u);
                layer.V.copy_(v);
            }
            layer.to(ScalarType.Float64);
            layer.zero_grad();
            layer.PowerIteration(layer.Options.PowerIterations);
            (layer.EffectiveWeight() * cotangent.to(ScalarType.Float64)).sum().backward();
            Expect.Close(weight, layer.EffectiveWeight(), Tolerance, $"weight, {scale}");
            Expect.Close(newU, layer.U, Tolerance, $"u, {scale}");
            Expect.Close(newV, layer.V, Tolerance, $"v, {scale}");
            Expect.Close(sigma, layer.Sigma, Tolerance, $"sigma, {scale}");
            Expect.Close(gradient, layer.Weight.grad!, Tolerance, $"gradient, {scale}");
        }
    }

    /// <summary>A weight of zeros has no direction: the vectors stay, and nothing becomes NaN.</summary>
    [Fact]
    public void ZeroWeights()
    {
        foreach (
            var layer in new SpectralLayer[]
            {
                new SpectralConv2d(3, 4, 3, 5, 5, new()),
                new SpectralConv2d(3, 64, 3, 5, 5, new()),
                new SpectralConv2d(64, 2, 3, 5, 5, new()),
                new SpectralLinear(3, 4, new()),
            }
        )
        {
            using (no_grad())
                layer.Weight.zero_();
            var (u, v) = (layer.U.clone(), layer.V.clone());
            using (Kernels.Use())
            using (SpectralStep.Begin([layer]))
                layer.EffectiveWeight().sum().backward();
            Assert.True(layer.U.equal(u).all().ToBoolean() && layer.V.equal(v).all().ToBoolean());
            Assert.Equal(0, layer.Sigma.item<float>());
            Assert.True(layer.Weight.grad!.isfinite().all().ToBoolean());
        }
    }

    /// <summary>
    /// An enclosing step normalizes for those inside: vectors advance once per step. Layers in evaluation mode do not
    /// advance.
    /// </summary>
    [Fact]
    public void AdvancesOnce()
    {
        manual_seed(0);
        var flow = new MultiscaleFlow(
            new FlowConfig
            {
                Input = new(2, 8, 8),
                Blocks = [2, 1],
                Strides = [1, 2],
                Hidden = [5, 6],
            }
        );
        flow.WithEstimator(new NeumannSeries(2));
        var layers = flow.ResidualBlocks.SelectMany(block => block.Branch.Layers).ToList();
        var expected = layers
            .Select(layer =>
            {
                var twin = (layer.U.clone(), layer.V.clone());
                layer.PowerIteration(layer.Options.PowerIterations);
                var advanced = layer.U.clone();
                layer.U.copy_(twin.Item1);
                layer.V.copy_(twin.Item2);
                return advanced;
            })
            .ToList();
        var x = randn(3, 2, 8, 8);
        flow.train();
        flow.forward(x).sum().backward();
        for (int i = 0; i < layers.Count; i++)
            Expect.Close(layers[i].U, expected[i], Tolerance, $"layer {i}");
        Assert.All(layers, layer => Assert.False(layer.IsCached));
        flow.eval();
        var before = layers.Select(layer => layer.U.clone()).ToList();
        flow.forward(x);
        for (int i = 0; i < layers.Count; i++)
            Assert.True(layers[i].U.equal(before[i]).all().ToBoolean());
    }

    /// <summary>Two forward passes, then their gradients: the first one's vectors were those of its own time.</summary>
    [Fact]
    public void GradientsMayComeLater()
    {
        manual_seed(1);
        var layer = new SpectralLinear(6, 5, new() { PowerIterations = 1 });
        using (no_grad())
            layer.Weight.mul_(5);
        var (u, v) = (layer.U.clone(), layer.V.clone());
        Tensor Loss()
        {
            using var step = SpectralStep.Begin([layer]);
            return layer.EffectiveWeight().square().sum();
        }
        Loss().backward();
        var expected = layer.Weight.grad!.clone();
        layer.Weight.grad = null;
        layer.U.copy_(u);
        layer.V.copy_(v);
        var first = Loss();
        Loss().Dispose();
        first.backward();
        Assert.True(layer.Weight.grad!.equal(expected).all().ToBoolean());
    }
}
