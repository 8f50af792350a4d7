namespace IResNet.Tests.Coupling;

/// <summary>
/// What is Glow's own; inverses, log-determinants and gradients are judged with those of all bijections.
/// </summary>
public class GlowTests
{
    [Fact]
    public void InvertibleLinearStartsAsARotation()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(1);
        var linear = new InvertibleLinear(5);
        linear.to(ScalarType.Float64);
        var weight = linear.Weight();
        Expect.Near(weight.mm(weight.t()), eye(5, dtype: ScalarType.Float64), 1e-5, "W W'");
        Expect.Near(
            linear.forward(Draw.Normal(2, 5)).logDet,
            zeros(2, dtype: ScalarType.Float64),
            1e-5,
            "log-determinant"
        );
        Assert.True(
            Expect.MaxAbs(new InvertibleLinear(5).Weight() - weight) > 0.1,
            "Two draws give the same rotation."
        );
        Assert.Equal(25, linear.parameters().Sum(parameter => parameter.numel()));
    }

    [Fact]
    public void InvertibleLinearMixesTheChannelsOfEveryPosition()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(2);
        var linear = Draw.Prepared(new InvertibleLinear(3));
        var x = Draw.Normal(2, 3, 4, 5);
        Expect.Close(linear.forward(x).y, einsum("ij,njhw->nihw", linear.Weight(), x), 1e-12, "y");
        Expect.Close(
            linear.forward(x[TensorIndex.Colon, TensorIndex.Colon, 1, 2]).y,
            linear.forward(x).y[TensorIndex.Colon, TensorIndex.Colon, 1, 2],
            1e-12,
            "one position"
        );
    }

    /// <summary>
    /// The reason for the parametrisation: far steps leave W invertible and its sign as it was; a plain matrix changes
    /// its sign on such a path, so it passes through a singular one.
    /// </summary>
    [Fact]
    public void NoStepMakesInvertibleLinearSingular()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Draw.Seed(3);
        var linear = new InvertibleLinear(4);
        linear.to(ScalarType.Float64);
        var plain = linear.Weight();
        double Sign(Tensor weight) => linalg.slogdet(weight).Item1.ToDouble();
        double sign = Sign(plain);
        var plainSigns = new HashSet<double>();
        for (int step = 0; step < 100; step++)
        {
            foreach (var parameter in linear.parameters())
                parameter.add_(randn_like(parameter), alpha: 0.3);
            plain = plain + 0.3 * randn_like(plain);
            Assert.Equal(sign, Sign(linear.Weight()));
            plainSigns.Add(Sign(plain));
        }
        Assert.Equal(2, plainSigns.Count);
    }

    [Theory, InlineData(true), InlineData(false)]
    public void CouplingLeavesItsFirstPartAndStartsSimple(bool affine)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(4);
        var coupling = new CouplingLayer(new ImageShape(5, 2, 2), hidden: 4, affine);
        coupling.to(ScalarType.Float64);
        var x = Draw.Normal(3, 5, 2, 2);
        var (passing, rest) = (x.narrow(1, 0, 2), x.narrow(1, 2, 3));
        double scale = affine ? 1 / (1 + Math.Exp(-2)) : 1;
        Expect.Close(coupling.forward(x).y, cat([passing, scale * rest], 1), 1e-12, "y at first");

        Draw.Prepared(coupling);
        var y = coupling.forward(x).y;
        Expect.Near(y.narrow(1, 0, 2), passing, 0, "the part that passes");
        Assert.True(Expect.MaxAbs(y.narrow(1, 2, 3) - scale * rest) > 0.1);
        // The rest is scaled and shifted, each position by its own.
        var shift = coupling.forward(cat([passing, zeros_like(rest)], 1)).y;
        var other = coupling.forward(cat([passing, -2 * rest], 1)).y;
        Expect.Near((other - shift).narrow(1, 2, 3), -2 * (y - shift).narrow(1, 2, 3), 1e-10, "linearity in the rest");
    }

    [Fact]
    public void ImpossibleLayersAreRefused()
    {
        Assert.Throws<ShapeException>(() => new CouplingLayer(new ImageShape(1, 4, 4), hidden: 4, affine: true));
        Assert.Throws<ShapeException>(() => new CouplingLayer(1, [4], affine: false));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CouplingLayer(2, [0], affine: false));
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            new CouplingLayer(new ImageShape(2, 4, 4), hidden: 0, affine: false)
        );
        Assert.Throws<ArgumentOutOfRangeException>(() => new InvertibleLinear(0));
        using var scope = NewDisposeScope();
        Assert.Throws<ShapeException>(() => new InvertibleLinear(2).forward(zeros(3, 2, 4)));
        Assert.Throws<ShapeException>(() => new Reversal().Inverse(zeros(3)));
    }

    /// <summary>
    /// Figure 2's comparison at equal depth: the paper's 100 blocks have as many parameters to within one per cent,
    /// counted by hand.
    /// </summary>
    [Fact]
    public void PapersTwoDimensionalModelsAreEquallyLarge()
    {
        using var residual = new ToyFlow(100);
        using var glow = new ToyFlow(100, kind: BlockKind.AffineGlow);
        const int Inner = 2 * (64 * 64 + 64),
            Last = 64 * 2 + 2;
        Assert.Equal(100 * (2 * 64 + 64 + Inner + Last + 4), Count(residual));
        Assert.Equal(100 * (64 + 64 + Inner + Last + 4 + 4), Count(glow));
        Assert.InRange(Count(glow) / (double)Count(residual), 0.99, 1);
    }

    private static long Count(nn.Module model) =>
        model.parameters().Where(parameter => parameter.requires_grad).Sum(parameter => parameter.numel());

    /// <summary>
    /// The classifiers of Table 3 learn, and their bodies invert in closed form. In double precision: training may
    /// bring an affine coupling's scales so close to 0 that in single precision what they multiply is lost.
    /// </summary>
    [Theory, InlineData(true), InlineData(false)]
    public void ClassifierLearnsAndInverts(bool affine)
    {
        var kind = affine ? BlockKind.AffineGlow : BlockKind.AdditiveGlow;
        Draw.Seed(5);
        var config = new FlowConfig
        {
            Input = new(2, 8, 8),
            Kind = kind,
            Blocks = [2, 1],
            Strides = [2, 2],
            Hidden = [6, 6],
            Activation = ActivationKind.Relu,
        };
        using var classifier = new Classifier(config, classes: 2);
        using var optimizer = optim.Adamax(classifier.parameters(), 0.01);
        using var scope = NewDisposeScope();
        var x = randn(32, 2, 8, 8);
        var target = (x.mean([1, 2, 3]) > 0).to(ScalarType.Int64);
        var losses = new List<double>();
        for (int step = 0; step < 60; step++)
        {
            using var inner = NewDisposeScope();
            classifier.zero_grad();
            var loss = nn.functional.cross_entropy(classifier.forward(x), target);
            losses.Add(loss.ToDouble());
            loss.backward();
            optimizer.step();
        }
        Assert.True(losses[^1] < 0.6 * losses[0], $"{losses[0]:g3} to {losses[^1]:g3}");
        classifier.to(ScalarType.Float64);
        x = x.to(ScalarType.Float64);
        var back = classifier.Body.Transform.Inverse(classifier.Features(x));
        Assert.Equal((0, 0.0), (back.Iterations, back.ErrorBound));
        Expect.Close(back.Value, x, 1e-6, "reconstruction");
    }

    [Fact]
    public void OfficialCodeHasNoGlow()
    {
        using var flow = new MultiscaleFlow(new FlowConfig { Input = new(2, 4, 4), Kind = BlockKind.AffineGlow });
        Assert.Throws<ArgumentException>(() => OfficialWeights.Named(flow));
    }
}
