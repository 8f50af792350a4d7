namespace IResNet.Tests.Blocks;

/// <summary>
/// Blocks in the middle of other networks: a loss that needs only part of what they give has the gradients of float64.
/// </summary>
public class UnusedOutputsTests
{
    private const double Tolerance = 1e-4;

    public static TheoryData<string> Uses => [.. Losses.Keys];

    private static readonly Dictionary<string, Func<Bijection, Tensor, Tensor>> Losses = new()
    {
        ["output"] = (map, x) => map.forward(x).y.square().sum(),
        ["log-determinant"] = (map, x) => map.forward(x).logDet.sum(),
    };

    [Theory, MemberData(nameof(Uses))]
    public void OfAConvolutionalBlock(string use) =>
        Compare(
            () =>
                new ResidualBlock(new ConvBranch(new ImageShape(2, 4, 4), 4), new NeumannSeries(1, 1, Probe(2, 4, 4))),
            randn(Examples, 2, 4, 4),
            Losses[use]
        );

    [Theory, MemberData(nameof(Uses))]
    public void OfADenseBlock(string use)
    {
        foreach (var estimator in new LogDetEstimator[] { new ExactLogDet(), new NeumannSeries(1, 1, Probe(2)) })
            Compare(() => new ResidualBlock(new DenseBranch(2, [16, 16]), estimator), randn(Examples, 2), Losses[use]);
    }

    [Theory, MemberData(nameof(Uses))]
    public void OfASequenceThatHoldsABlockTwice(string use)
    {
        Sequence Twice()
        {
            var block = new ResidualBlock(
                new ConvBranch(new ImageShape(2, 4, 4), 4),
                new NeumannSeries(1, 1, Probe(2, 4, 4))
            );
            return new Sequence(block, new ActNorm(2) { IsInitialized = true }, block);
        }
        Compare(Twice, randn(Examples, 2, 4, 4), Losses[use]);
    }

    [Fact]
    public void OfAFlowWhoseLatentsAloneAreUsed()
    {
        var flow = new MultiscaleFlow(
            new FlowConfig
            {
                Input = new(2, 4, 4),
                Blocks = [2, 1],
                Strides = [1, 2],
                Hidden = [4, 6],
            }
        );
        foreach (var norm in flow.ActNorms)
            norm.IsInitialized = true;
        Compare(() => flow, randn(Examples, 2, 4, 4), (model, x) => ((Flow)model).LatentsOf(x).square().sum());
    }

    private const int Examples = 16;

    private static FixedProbes Probe(params long[] shape) => new(randn([Examples, .. shape]));

    private static void Compare(Func<Bijection> make, Tensor x, Func<Bijection, Tensor, Tensor> lossOf) =>
        Compare(() => (nn.Module)make(), x, (module, x) => lossOf((Bijection)module, x));

    private static void Compare(Func<nn.Module> make, Tensor x, Func<nn.Module, Tensor, Tensor> lossOf)
    {
        var module = make();
        var start = module.state_dict().ToDictionary(pair => pair.Key, pair => pair.Value.clone());
        Dictionary<string, Tensor> Of(ScalarType type)
        {
            module.to(type);
            using (no_grad())
                foreach (var (name, value) in module.state_dict())
                    value.copy_(start[name]);
            module.train();
            module.zero_grad();
            var input = x.detach().to(type).requires_grad_();
            lossOf(module, input).backward();
            return module
                .named_parameters()
                .Where(pair => pair.parameter.grad is not null)
                .ToDictionary(pair => pair.name, pair => pair.parameter.grad!.clone())
                .Append(new("x", input.grad!))
                .ToDictionary();
        }
        var fast = Of(ScalarType.Float32);
        var exact = Of(ScalarType.Float64);
        foreach (var (name, expected) in exact)
            Expect.Close(fast.GetValueOrDefault(name) ?? zeros_like(expected), expected, Tolerance, name);
    }
}
