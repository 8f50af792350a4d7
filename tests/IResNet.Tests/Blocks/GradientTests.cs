namespace IResNet.Tests.Blocks;

/// <summary>
/// First and second derivatives of every layer, activation, estimator and model, in all parameters and in the input,
/// against finite differences.
/// </summary>
public class GradientTests
{
    private static readonly Dictionary<string, Func<(Func<Tensor> f, nn.Module[] modules, Tensor x)>> Cases = new()
    {
        ["ActNorm, y"] = () => Of(new ActNorm(3), Draw.Normal(2, 3, 2, 2), (actNorm, x) => actNorm.forward(x).y),
        ["ActNorm, log-determinant"] = () =>
            Of(new ActNorm(3), Draw.Normal(2, 3, 2, 2), (actNorm, x) => actNorm.forward(x).logDet.square()),
        ["ActNorm, shift first"] = () =>
            Of(new ActNorm(3, ActNormForm.ShiftFirst), Draw.Normal(2, 3, 2, 2), (actNorm, x) => actNorm.forward(x).y),
        ["LogitTransform, y"] = () =>
            Of(new LogitTransform(0.05), Draw.Normal(2, 3, 2, 2).sigmoid(), (logit, x) => logit.forward(x).y),
        ["LogitTransform, log-determinant"] = () =>
            Of(new LogitTransform(0.05), Draw.Normal(2, 3).sigmoid(), (logit, x) => logit.forward(x).logDet),
        ["ResidualFlow, exact"] = () =>
        {
            var flow = new ResidualFlow(
                new()
                {
                    Input = new(1, 4, 4),
                    Blocks = [1, 1],
                    Hidden = [2],
                    DenseBlocks = 1,
                    DenseHidden = [3],
                    LogitAlpha = 0.1,
                }
            );
            flow.WithEstimator(new ExactLogDet());
            return Of(flow, Draw.Normal(2, 1, 4, 4).sigmoid(), (model, x) => model.forward(x));
        },
        ["Squeeze"] = () => Of(new Squeeze(), Draw.Normal(2, 1, 4, 2), (squeeze, x) => squeeze.forward(x).y.square()),
        ["InjectivePadding"] = () =>
            Of(new InjectivePadding(2, 3), Draw.Normal(2, 2, 3, 2), (padding, x) => padding.forward(x).y.square()),
        ["Flatten"] = () =>
            Of(new Flatten(new(2, 3, 2)), Draw.Normal(2, 2, 3, 2), (flatten, x) => flatten.forward(x).y.square()),
        ["InvertibleLinear, y"] = () =>
            Of(new InvertibleLinear(3), Draw.Normal(2, 3, 2, 2), (linear, x) => linear.forward(x).y),
        ["InvertibleLinear, log-determinant"] = () =>
            Of(new InvertibleLinear(3), Draw.Normal(2, 3), (linear, x) => linear.forward(x).logDet.square()),
        ["Reversal"] = () => Of(new Reversal(), Draw.Normal(2, 3), (reversal, x) => reversal.forward(x).y.square()),
        ["affine CouplingLayer, y"] = () =>
            Of(new CouplingLayer(new ImageShape(3, 2, 2), 4, affine: true), Draw.Normal(2, 3, 2, 2), (coupling, x) =>
                coupling.forward(x).y
            ),
        ["affine CouplingLayer, log-determinant"] = () =>
            Of(new CouplingLayer(3, [4], affine: true), Draw.Normal(2, 3), (coupling, x) => coupling.forward(x).logDet),
        ["additive CouplingLayer, y"] = () =>
            Of(new CouplingLayer(2, [4, 3], affine: false), Draw.Normal(2, 2), (coupling, x) => coupling.forward(x).y),
        ["2-D Glow"] = () =>
            Of(new ToyFlow(2, [4], kind: BlockKind.AffineGlow), Draw.Normal(3, 2), (flow, x) => flow.forward(x)),
        ["FactorOut"] = () =>
            Of(
                new FactorOut(new(3, 2, 2), new Sequence(new ActNorm(2), new Flatten(new(2, 2, 2)))),
                Draw.Normal(2, 3, 2, 2),
                (factorOut, x) => factorOut.forward(x).y.square()
            ),
        ["SpectralLinear"] = () => Of(new SpectralLinear(3, 4, new()), Draw.Normal(2, 3), Apply),
        ["SpectralConv2d 3x3"] = () => Of(new SpectralConv2d(2, 3, 3, 4, 3, new()), Draw.Normal(2, 2, 4, 3), Apply),
        ["SpectralConv2d 1x1"] = () => Of(new SpectralConv2d(2, 3, 1, 4, 3, new()), Draw.Normal(2, 2, 4, 3), Apply),
        ["DiagonalGaussian"] = () => Of(new DiagonalGaussian(4), Draw.Normal(3, 4), (prior, z) => prior.forward(z)),
        ["ToyFlow"] = () => Of(new ToyFlow(2, [4]), Draw.Normal(3, 2), (flow, x) => flow.forward(x)),
        ["MultiscaleFlow, exact"] = () =>
            Of(Multiscale(new ExactLogDet()), Draw.Normal(2, 1, 4, 4), (flow, x) => flow.forward(x)),
        ["Classifier"] = () =>
            Of(
                new Classifier(
                    new FlowConfig
                    {
                        Input = new(1, 4, 4),
                        Blocks = [1, 1],
                        Hidden = [2, 2],
                        Padding = 1,
                    },
                    classes: 3
                ),
                Draw.Normal(2, 1, 4, 4),
                (classifier, x) => classifier.forward(x)
            ),
    };

    static GradientTests()
    {
        foreach (var kind in ActivationKind.All)
        {
            Cases[$"{kind}"] = () =>
                Of(kind.Create(), Draw.Normal(3, 4), (activation, p) => activation.forward(p).square());
            Cases[$"{kind}, derivative"] = () =>
                Of(kind.Create(), Draw.Normal(3, 4), (activation, p) =>
                    activation.Jvp(activation.Derivative(p, activation.forward(p)), p * p)
                );
        }
        // Products by autograd know nothing of the activation: a plain one and one that doubles the channels do.
        bool IsOfInterest(string branchKind, ActivationKind activation) =>
            !branchKind.EndsWith("by autograd", StringComparison.Ordinal)
            || activation == ActivationKind.Elu
            || (activation == ActivationKind.CLipSwish && branchKind.StartsWith("dense", StringComparison.Ordinal));
        foreach (var (branchKind, activation) in BranchCases.All.Where(one => IsOfInterest(one.kind, one.activation)))
        {
            string name = $"{branchKind}, {activation}";
            Add(name, "forward", (branch, x) => branch.forward(x));
            Add(name, "J t", (branch, x) => branch.Linearize(x).Jvp(Probe(x)));
            Add(name, "J'u", (branch, x) => branch.Linearize(x).Vjp(Probe(x)));
            Add(name, "ExactLogDet", (branch, x) => new ExactLogDet().Estimate(branch.Linearize(x)));
            Add(name, "PowerSeries", (branch, x) =>
                new PowerSeries(3, 2, new FixedProbes(Probe(x, 2))).Estimate(branch.Linearize(x))
            );
            Add(name, "NeumannSeries, one term", (branch, x) =>
                new NeumannSeries(1, 2, new FixedProbes(Probe(x, 2))).Estimate(branch.Linearize(x))
            );
            Add(name, NeumannName, (branch, x) =>
                new NeumannSeries(4, (int)(x.numel() / x.size(0)), new UnitVectors()).Estimate(branch.Linearize(x))
            );

            void Add(string branchName, string what, Func<ResidualBranch, Tensor, Tensor> f) =>
                Cases[$"{branchName}: {what}"] = () =>
                {
                    var (branch, x) = BranchCases.Create(branchKind, activation, seed: 3, batch: 2);
                    return Of(branch, x, f, prepare: false);
                };
        }
    }

    // The surrogate of several terms is made for first derivatives: its own graph ends at the terms taken without one.
    private const string NeumannName = "NeumannSeries, complete probes";

    public static TheoryData<string> All => new(Cases.Keys);

    public static TheoryData<string> TwiceDifferentiable =>
        new(Cases.Keys.Where(name => !name.EndsWith(NeumannName, StringComparison.Ordinal)));

    [Theory, MemberData(nameof(All))]
    public void FirstDerivatives(string name)
    {
        using var scope = NewDisposeScope();
        var (f, inputs) = Open(name);
        GradientCheck.First(f, inputs);
    }

    [Theory, MemberData(nameof(TwiceDifferentiable))]
    public void SecondDerivatives(string name)
    {
        using var scope = NewDisposeScope();
        var (f, inputs) = Open(name);
        GradientCheck.Second(f, inputs);
    }

    private static (Func<Tensor>, Dictionary<string, Tensor>) Open(string name)
    {
        Draw.Seed(11);
        var (f, modules, x) = Cases[name]();
        var inputs = modules
            .SelectMany(module => module.named_parameters())
            .Where(parameter => parameter.parameter.requires_grad)
            .ToDictionary(parameter => parameter.name, parameter => (Tensor)parameter.parameter);
        inputs["x"] = x;
        return (f, inputs);
    }

    private static (Func<Tensor>, nn.Module[], Tensor) Of<T>(
        T module,
        Tensor x,
        Func<T, Tensor, Tensor> f,
        bool prepare = true
    )
        where T : nn.Module
    {
        if (prepare)
            Draw.Prepared(module);
        x.requires_grad_(true);
        return (() => f(module, x), [module], x);
    }

    private static Tensor Apply(SpectralLayer layer, Tensor x) => layer.ApplyWithBias(layer.EffectiveWeight(), x);

    private static Tensor Probe(Tensor x, int samples = 1) =>
        randn([samples * x.size(0), .. x.shape.Skip(1)], dtype: x.dtype, generator: new Generator(5));

    private static MultiscaleFlow Multiscale(LogDetEstimator estimator)
    {
        var flow = new MultiscaleFlow(
            new FlowConfig
            {
                Input = new(1, 4, 4),
                Blocks = [1, 1],
                Strides = [2, 1],
                Hidden = [2, 2],
            }
        );
        flow.WithEstimator(estimator);
        return flow;
    }
}
