namespace IResNet.Tests.SpectralNorm;

/// <summary>
/// Power iteration and the rule of Equation 2, against the singular values of the operator written out.
/// </summary>
public class SpectralLayerTests
{
    private const double Coefficient = 0.7;

    private static readonly Dictionary<string, Func<SpectralNormOptions, SpectralLayer>> Layers = new()
    {
        ["dense 5 to 8"] = options => new SpectralLinear(5, 8, options),
        ["dense 6 to 1"] = options => new SpectralLinear(6, 1, options),
        ["1x1"] = options => new SpectralConv2d(4, 6, 1, 5, 3, options),
        ["3x3 on 5x4"] = options => new SpectralConv2d(2, 3, 3, 5, 4, options),
        ["3x3 on 7x7"] = options => new SpectralConv2d(3, 2, 3, 7, 7, options),
        ["3x3 on 2x1"] = options => new SpectralConv2d(2, 2, 3, 2, 1, options),
        ["5x5 on 6x7"] = options => new SpectralConv2d(1, 2, 5, 6, 7, options),
    };

    public static TheoryData<string> Names => new(Layers.Keys);

    [Theory, MemberData(nameof(Names))]
    public void ForwardIsTheOperator(string name)
    {
        using var scope = NewDisposeScope();
        var layer = Create(name);
        var matrix = layer is SpectralConv2d conv
            ? Operators.ZeroPadded(layer.Weight, conv.NormHeight, conv.NormWidth)
            : Operators.Of(layer, layer.Weight);
        var (x, y) = (Input(layer, 3), Output(layer, 3));
        Expect.Close(layer.Apply(layer.Weight, x).flatten(1), x.flatten(1).mm(matrix.t()), 1e-13, "W x");
        Expect.Close(layer.ApplyTranspose(layer.Weight, y).flatten(1), y.flatten(1).mm(matrix), 1e-13, "W'y");
        var bias = layer is SpectralConv2d ? layer.Bias.view(1, -1, 1, 1) : layer.Bias;
        Expect.Close(layer.ApplyWithBias(layer.Weight, x), layer.Apply(layer.Weight, x) + bias, 1e-13, "W x + b");
    }

    [Theory, MemberData(nameof(Names))]
    public void PowerIterationFindsTheNormFromBelow(string name)
    {
        using var scope = NewDisposeScope();
        var layer = Create(name);
        double norm = Operators.Norm(Operators.Of(layer, layer.Weight)),
            last = 0;
        for (int i = 0; i < 2000; i++)
        {
            layer.PowerIteration(1);
            using (no_grad())
                layer.EffectiveWeight();
            double sigma = layer.Sigma.ToDouble();
            Assert.True(sigma <= norm * (1 + 1e-12), $"{i}: {sigma} above {norm}");
            Assert.True(sigma >= last * (1 - 1e-12), $"{i}: {sigma} below {last}");
            last = sigma;
        }
        Assert.Equal(norm, last, norm * 1e-6);
        Expect.Near(stack([layer.U.norm(), layer.V.norm()]), ones(2, ScalarType.Float64), 1e-12, "unit vectors");
    }

    [Theory, MemberData(nameof(Names))]
    public void EffectiveNormIsTheCoefficient(string name)
    {
        using var scope = NewDisposeScope();
        var layer = Create(name, scale: 4);
        Assert.True(Operators.Norm(Operators.Of(layer, layer.Weight)) > Coefficient);
        layer.PowerIteration(400);
        Assert.InRange(
            Operators.Norm(Operators.Of(layer, layer.EffectiveWeight())),
            Coefficient * (1 - 1e-4),
            Coefficient * (1 + 1e-3)
        );
    }

    /// <summary>The soft rule: a norm below c is left alone, but for the official margin of larger kernels.</summary>
    [Theory, MemberData(nameof(Names))]
    public void SmallWeightsAreLeftAlone(string name)
    {
        using var scope = NewDisposeScope();
        var layer = Create(name, scale: 0.05);
        layer.PowerIteration(20);
        bool margin = layer is SpectralConv2d { Kernel: > 1 };
        Expect.Close(layer.EffectiveWeight(), margin ? layer.Weight / (1 + 1e-5) : layer.Weight, 1e-14, "weight");
    }

    /// <summary>
    /// At convergence sigma's gradient is that of the true norm: the effective weight against differences of c W / |W|.
    /// </summary>
    [Theory, MemberData(nameof(Names))]
    public void GradientThroughSigmaIsThatOfTheTrueNorm(string name)
    {
        using var scope = NewDisposeScope();
        var layer = Create(name, scale: 4, margin: 0);
        layer.PowerIteration(20_000 / (int)Math.Sqrt(layer.V.numel()));
        var u = randn_like(layer.Weight).detach();
        (layer.EffectiveWeight() * u).sum().backward();
        for (int i = 0; i < 3; i++)
        {
            var direction = randn_like(layer.Weight).detach();
            double Objective(double step)
            {
                var weight = layer.Weight.detach() + step * direction;
                return ((weight * u).sum() * Coefficient).ToDouble() / Operators.Norm(Operators.Of(layer, weight));
            }
            double numerical = (Objective(1e-5) - Objective(-1e-5)) / 2e-5,
                automatic = (layer.Weight.grad! * direction).sum().ToDouble();
            Assert.Equal(numerical, automatic, 1e-6 * Math.Sqrt(direction.numel()));
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void DisabledMeansRaw(string name)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(5);
        var layer = Layers[name](new() { Enabled = false });
        var (u, weight) = (layer.U.clone(), layer.Weight.detach() * 1);
        layer.PowerIteration(5);
        Expect.Near(layer.U, u, 0, "u");
        Expect.Near(layer.EffectiveWeight(), weight, 0, "weight");
        layer.Freeze(FrozenNorm.Certified);
        Expect.Near(layer.EffectiveWeight(), weight, 0, "frozen weight");
    }

    /// <summary>A layer that starts at zero, or passes through it, is normalized again once it has a norm.</summary>
    [Theory, MemberData(nameof(Names))]
    public void ZeroWeightsDoNotEndTheIteration(string name)
    {
        using var scope = NewDisposeScope();
        var layer = Create(name, scale: 4);
        var weight = layer.Weight.detach().clone();
        using (no_grad())
            layer.Weight.zero_();
        layer.PowerIteration(3);
        Assert.Equal(0, Expect.MaxAbs(layer.EffectiveWeight()));
        using (no_grad())
            layer.Weight.copy_(weight);
        layer.PowerIteration(400);
        Assert.InRange(Operators.Norm(Operators.Of(layer, layer.EffectiveWeight())), 0, Coefficient * (1 + 1e-3));
    }

    /// <summary>
    /// u and v are saved: a loaded layer has the norm that the saved one had reached, without another iteration.
    /// </summary>
    [Theory, MemberData(nameof(Names))]
    public void WarmStartIsSaved(string name)
    {
        using var scope = NewDisposeScope();
        var layer = Create(name, scale: 4);
        layer.PowerIteration(100);
        var other = Create(name, scale: 1, seed: 2);
        Assert.True(Expect.RelativeError(other.EffectiveWeight(), layer.EffectiveWeight()) > 0.01);
        StateDict.Copy(layer.state_dict(), other.state_dict());
        Expect.Near(other.EffectiveWeight(), layer.EffectiveWeight(), 0, "weight");
    }

    [Theory, InlineData(0), InlineData(1), InlineData(5)]
    public void TrainingForwardAdvancesByTheConfiguredIterations(int iterations)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(6);
        var block = new ResidualBlock(
            new DenseBranch(3, [4], new SpectralNormOptions { PowerIterations = iterations })
        );
        var layer = block.Branch.Layers[0];
        var u = layer.U.clone();
        block.eval();
        block.forward(randn(2, 3));
        Expect.Near(layer.U, u, 0, "u after evaluation");
        block.train();
        block.forward(randn(2, 3));
        var advanced = layer.U.clone();
        using (no_grad())
            layer.U.copy_(u);
        layer.PowerIteration(iterations);
        Expect.Near(advanced, layer.U, 1e-7, "u after training"); // summed in another order
        if (iterations > 0)
            Assert.True(Expect.MaxAbs(advanced - u) > 1e-3);
    }

    [
        Theory,
        InlineData(1.0),
        InlineData(1.5),
        InlineData(0.0),
        InlineData(-0.5),
        InlineData(double.NaN),
        InlineData(double.PositiveInfinity)
    ]
    public void CoefficientOutsideZeroToOneIsRefused(double coefficient)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new SpectralNormOptions { Coefficient = coefficient });
        Assert.Throws<ArgumentOutOfRangeException>(() => new DenseBranch(2, [4], coefficient));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ConvBranch(new(1, 4, 4), 4, coefficient));
    }

    [Fact]
    public void ImpossibleSizesAreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new SpectralNormOptions { PowerIterations = -1 });
        foreach (double margin in new[] { -1e-5, double.NaN, double.PositiveInfinity })
            Assert.Throws<ArgumentOutOfRangeException>(() => new SpectralNormOptions { DivisorMargin = margin });
        Assert.Throws<ArgumentOutOfRangeException>(() => new SpectralConv2d(1, 1, 2, 4, 4, new()));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SpectralConv2d(1, 1, 3, 0, 4, new()));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SpectralConv2d(0, 1, 3, 4, 4, new()));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SpectralLinear(2, 0, new()));
        Assert.Throws<ArgumentException>(() => new DenseBranch(2, []));
    }

    private static SpectralLayer Create(string name, double scale = 1, double margin = 1e-5, int seed = 1)
    {
        Draw.Seed(seed);
        var layer = Layers[name](new() { Coefficient = Coefficient, DivisorMargin = margin });
        layer.to(ScalarType.Float64);
        using (no_grad())
            layer.Weight.mul_(scale);
        return layer;
    }

    private static Tensor Input(SpectralLayer layer, int batch) => Points(layer, batch, layer.Weight.size(1));

    private static Tensor Output(SpectralLayer layer, int batch) => Points(layer, batch, layer.Weight.size(0));

    private static Tensor Points(SpectralLayer layer, int batch, long channels) =>
        layer is SpectralConv2d conv
            ? Draw.Normal(batch, channels, conv.NormHeight, conv.NormWidth)
            : Draw.Normal(batch, channels);
}
