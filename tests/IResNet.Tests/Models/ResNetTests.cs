namespace IResNet.Tests.Models;

/// <summary>The baseline network.</summary>
public class ResNetTests
{
    private static readonly ResNetConfig Config = new()
    {
        Input = new(2, 8, 8),
        Blocks = [2, 1],
        Widths = [3, 4],
    };

    /// <summary>He et al. (2016) give 1.7 million; counted by hand layer by layer it is this.</summary>
    [Theory]
    [InlineData(10, 1_703_258), InlineData(100, 1_726_388)]
    public void ResNet164HasItsParametersAndLayers(int classes, long parameters)
    {
        using var network = new ResNet(ResNetConfig.ResNet164(new(3, 32, 32)), classes);
        Assert.Equal(parameters, network.parameters().Sum(parameter => parameter.numel()));
        // The convolutions of the blocks, the one before them, and the linear layer behind; shortcuts do not count.
        Assert.Equal(164, network.Blocks.Sum(block => block.Convolutions.Count) + 2);
    }

    [Theory]
    [InlineData(true, 8, 8), InlineData(false, 8, 8), InlineData(true, 7, 5)]
    public void LogitsHaveAShapeAndEveryParameterAGradient(bool batchNorm, int height, int width)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var network = new ResNet(Config with { Input = new(2, height, width), BatchNorm = batchNorm }, classes: 5);
        var logits = network.forward(randn(6, 2, height, width));
        Assert.Equal([6, 5], logits.shape);
        nn.functional.cross_entropy(logits, arange(6) % 5).backward();
        Assert.All(network.named_parameters(), pair =>
            Assert.True(pair.parameter.grad is { } gradient && gradient.abs().max().ToDouble() > 0, pair.name)
        );
        Assert.Equal(batchNorm, network.modules().OfType<BatchNorm2d>().Any());
    }

    /// <summary>The block against its definition, written out, with and without a shortcut of its own.</summary>
    [Theory]
    [InlineData(12, 1, true), InlineData(5, 2, true), InlineData(12, 1, false), InlineData(5, 1, false)]
    public void ABlockIsItsDefinition(int inputs, int stride, bool batchNorm)
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        var block = new BottleneckBlock(inputs, width: 3, stride, batchNorm);
        block.to(ScalarType.Float64);
        var x = Draw.Normal(4, inputs, 6, 6);
        foreach (var norm in block.modules().OfType<BatchNorm2d>())
            using (no_grad())
            {
                norm.weight!.normal_();
                norm.bias!.normal_();
                norm.running_mean!.normal_();
                norm.running_var!.uniform_(0.5, 2);
            }
        block.eval();

        var norms = block.modules().OfType<BatchNorm2d>().ToArray();
        Tensor Activated(int i, Tensor h) => (batchNorm ? Scaled(norms[i], h) : h).clamp_min(0);
        Tensor Convolution(int i, Tensor h, long step, long padding) =>
            nn.functional.conv2d(
                h,
                block.Convolutions[i].weight!,
                block.Convolutions[i].bias,
                strides: [step, step],
                padding: [padding, padding]
            );
        var a = Activated(0, x);
        var g = Convolution(2, Activated(2, Convolution(1, Activated(1, Convolution(0, a, stride, 0)), 1, 1)), 1, 0);
        var skip =
            inputs == 12
                ? x
                : nn.functional.conv2d(a, block.get_parameter("shortcut.weight")!, strides: [stride, stride]);
        Expect.Close(block.forward(x), skip + g, 1e-12, "block");
    }

    [Fact]
    public void TheSeedDecidesTheWeights()
    {
        using var scope = NewDisposeScope();
        Tensor Logits(int seed)
        {
            manual_seed(seed);
            var network = new ResNet(Config, classes: 3);
            network.eval();
            return network.forward(ones(2, 2, 8, 8));
        }
        Assert.Equal(0, Expect.MaxAbs(Logits(1) - Logits(1)));
        Assert.NotEqual(0, Expect.MaxAbs(Logits(1) - Logits(2)));
    }

    [Fact]
    public void ItOutlivesTheScopeThatBuiltItAndIsSavedWhole()
    {
        ResNet network;
        using (NewDisposeScope())
            network = new ResNet(Config, classes: 3);
        using var scope = NewDisposeScope();
        var x = randn(8, 2, 8, 8);
        network.forward(x); // moves BatchNorm's statistics
        network.eval();
        string file = Path.GetTempFileName();
        try
        {
            SafeTensors.Save(file, network.state_dict());
            var other = new ResNet(Config, classes: 3);
            other.eval();
            Assert.NotEqual(0, Expect.MaxAbs(other.forward(x) - network.forward(x)));
            using var saved = SafeTensors.Load(file);
            StateDict.Copy(saved.Tensors, other.state_dict());
            Assert.Equal(0, Expect.MaxAbs(other.forward(x) - network.forward(x)));
        }
        finally
        {
            File.Delete(file);
            network.Dispose();
        }
    }

    [Fact]
    public void BadInputIsRefused()
    {
        using var scope = NewDisposeScope();
        var network = new ResNet(Config, classes: 3);
        Assert.Throws<ShapeException>(() => network.forward(randn(4, 3, 8, 8)));
        Assert.Throws<NonFiniteException>(() => network.forward(full(4, 2, 8, 8, double.NaN)));
        Assert.Throws<ArgumentException>(() => new ResNet(Config with { Widths = [3] }, classes: 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ResNet(Config with { Blocks = [0, 1] }, classes: 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ResNet(Config, classes: 1));
        // One image whose last map is a single pixel has no variance.
        var small = new ResNet(Config with { Input = new(2, 2, 2) }, classes: 3);
        Assert.Throws<ShapeException>(() => small.forward(randn(1, 2, 2, 2)));
        small.eval();
        Assert.True(isfinite(small.forward(randn(1, 2, 2, 2))).all().ToBoolean());
    }

    private static Tensor Scaled(BatchNorm2d norm, Tensor x) =>
        (x - norm.running_mean!.view(1, -1, 1, 1))
            / (norm.running_var! + 1e-5).sqrt().view(1, -1, 1, 1)
            * norm.weight!.view(1, -1, 1, 1)
        + norm.bias!.view(1, -1, 1, 1);
}
