using Extension.Parts;

namespace Extension;

/// <summary>Each part by itself, against the full Jacobian in float64.</summary>
public class PartsTests
{
    private static readonly ImageShape Shape = new(2, 4, 3);

    private static readonly Dictionary<string, Func<ResidualBranch>> Branches = new()
    {
        ["parallel"] = () => new ParallelBranch(Shape),
        ["parallel, learned activation"] = () => new ParallelBranch(Shape, activation: Wave.Kind),
        ["parallel, more channels"] = () => new ParallelBranch(Shape, activation: SplitSoftplus.Kind),
        ["forward only"] = () => new ForwardOnlyBranch(Shape.Channels),
        ["the library's, learned activation"] = () => new ConvBranch(Shape, 4, 0.9, Wave.Kind),
        ["the library's, more channels"] = () => new ConvBranch(Shape, 4, 0.9, SplitSoftplus.Kind),
        ["the library's for points"] = () => new DenseBranch(24, [6, 5], 0.9, SplitSoftplus.Kind),
        ["another norm"] = () =>
            new SequentialBranch(
                [
                    new RowSumConv2d(Shape, Shape.Channels, 4, new()),
                    new ChannelMix(4, 4, new()),
                    new RowSumConv2d(Shape, 4, Shape.Channels, new()),
                ],
                [new Wave(), new Wave()]
            ),
    };

    public static TheoryData<string> Names => [.. Branches.Keys];

    [Theory, MemberData(nameof(Names))]
    public void ProductsAreThoseOfTheJacobian(string name)
    {
        using var scope = NewDisposeScope();
        var (branch, x) = Create(name);
        var g = branch.Linearize(x);
        var jacobian = Jacobian(branch, x);
        Near(g.Value, branch.forward(x), 1e-13);
        Near(g.Jacobian(), jacobian, 1e-13);
        var v = randn_like(x).repeat([2, .. x.shape.Skip(1).Select(_ => 1L)]);
        var stacked = cat([jacobian, jacobian]);
        Near(g.Jvp(v).flatten(1), stacked.bmm(v.flatten(1).unsqueeze(2)).squeeze(2), 1e-13);
        Near(g.Vjp(v).flatten(1), stacked.mT.bmm(v.flatten(1).unsqueeze(2)).squeeze(2), 1e-13);
    }

    /// <summary>Exact log-determinants of the full Jacobian, their gradients by finite differences.</summary>
    [Theory, MemberData(nameof(Names))]
    public void LogDeterminantAndItsGradient(string name)
    {
        using var scope = NewDisposeScope();
        var (branch, x) = Create(name);
        var block = new ResidualBlock(branch, new ExactLogDet());
        block.eval();
        var identity = eye(24, dtype: float64);
        Near(block.forward(x).logDet, linalg.slogdet(Jacobian(branch, x) + identity).Item2, 1e-12);
        block.forward(x).logDet.sum().backward();
        const double Step = 1e-5;
        foreach (var parameter in branch.parameters().Where(parameter => parameter.grad is not null))
        {
            double LogDet(double change)
            {
                using var noGrad = no_grad();
                parameter.flatten()[0] += change;
                double value = block.forward(x).logDet.sum().ToDouble();
                parameter.flatten()[0] -= change;
                return value;
            }
            double derivative = (LogDet(Step) - LogDet(-Step)) / (2 * Step);
            Assert.Equal(derivative, parameter.grad!.flatten()[0].ToDouble(), 1e-7 * (1 + Math.Abs(derivative)));
        }
    }

    /// <summary>Certified norms make every branch a contraction, and its inverse carries a bound that holds.</summary>
    [Theory, MemberData(nameof(Names))]
    public void FrozenBranchIsCertifiedAndInverts(string name)
    {
        using var scope = NewDisposeScope();
        var (branch, x) = Create(name);
        var block = new ResidualBlock(branch);
        block.eval();
        branch.Freeze();
        Assert.InRange(branch.LipschitzBound(), 0.01, 0.9 + 1e-9);
        double norm = linalg.svdvals(Jacobian(branch, x)).max().ToDouble();
        Assert.InRange(norm, 0, branch.LipschitzBound());
        var y = block.forward(x).y;
        foreach (var solver in new InverseSolver[] { new Relaxation(1.1, 1e-9), new Chebyshev(1e-9) })
        {
            var back = block.Inverse(y, solver);
            double error = (back.Value - x).flatten(1).norm(1).max().ToDouble();
            Assert.InRange(error, 0, back.ErrorBound + 1e-14);
            Assert.InRange(back.ErrorBound, 1e-14, 1e-7);
        }
    }

    [Fact]
    public void OtherNormsAreHeldInTraining()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var options = new SpectralNormOptions { Coefficient = 0.7 };
        SpectralLayer[] layers = [new RowSumConv2d(Shape, 2, 3, options), new ChannelMix(2, 3, options)];
        double[] norms =
        [
            .. layers.Select(layer =>
            {
                using var noGrad = no_grad();
                layer.Weight.mul_(10);
                layer.train();
                return layer is ChannelMix
                    ? layer.EffectiveWeight().norm().ToDouble()
                    : layer.EffectiveWeight().flatten(1).abs().sum(1).max().ToDouble();
            }),
        ];
        Assert.All(norms, norm => Assert.Equal(0.7, norm, 1e-6));
        Assert.All(layers, layer => Assert.True(layer.EffectiveWeight().requires_grad));
    }

    /// <summary>A branch that changes the shape is refused, and not broadcast in silence.</summary>
    [Fact]
    public void AnotherShapeIsRefused()
    {
        using var scope = NewDisposeScope();
        var wrong = new SequentialBranch([new ChannelMix(2, 1, new())], []);
        Assert.Throws<ShapeException>(() => new ResidualBlock(wrong).forward(ones(3, 2, 4, 4)));
    }

    private static (ResidualBranch branch, Tensor x) Create(string name)
    {
        manual_seed(1);
        var branch = Branches[name]();
        branch.to(float64);
        branch.eval();
        using var noGrad = no_grad();
        foreach (var layer in branch.Layers)
        {
            layer.Weight.mul_(4);
            layer.PowerIteration(20);
        }
        long[] shape = name.Contains("points", StringComparison.Ordinal) ? [3, 24] : [3, 2, 4, 3];
        return (branch, randn(shape, float64));
    }

    /// <summary>Row by row, by torch's own differentiation of g.</summary>
    private static Tensor Jacobian(ResidualBranch branch, Tensor x)
    {
        var examples = new List<Tensor>();
        for (int i = 0; i < x.size(0); i++)
        {
            var copies = x[i].unsqueeze(0).repeat([24, .. x.shape.Skip(1).Select(_ => 1L)]).requires_grad_();
            var y = branch.forward(copies).flatten(1);
            examples.Add(autograd.grad([y], [copies], [eye(24, dtype: float64)])[0].flatten(1));
        }
        return stack(examples);
    }

    private static void Near(Tensor actual, Tensor expected, double tolerance) =>
        Assert.InRange((actual - expected).abs().max().ToDouble(), 0, tolerance);
}
