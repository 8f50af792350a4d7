using System.Reflection;
using IResNet.Experiments.Data;
using IResNet.Experiments.Training;
using IResNet.Experiments.Training.Optimizers;

namespace IResNet.Tests.Devices;

/// <summary>
/// Everything on torch's meta device, on which an operation that mixes it with the CPU throws: a tensor that somebody
/// made on the CPU, where it should be the model's device, is found without a GPU.
/// </summary>
/// <remarks>
/// libtorch lacks operations there: <see cref="MatrixLayer"/> stands for convolutions, also in a coupling's network.
/// There is no derivative of a clamp either, so that backward passes are taken without normalization and with softplus;
/// what the library makes on the way, it makes in the forward pass.
/// </remarks>
public class MetaDeviceTests
{
    private static readonly Device Meta = new(DeviceType.META);

    private static readonly FlowConfig Images = new()
    {
        Input = new(1, 8, 8),
        InitialSqueeze = true,
        Blocks = [2, 1],
        Hidden = [6, 6],
        Kind = MatrixLayer.Blocks,
    };

    private static readonly Dictionary<
        string,
        (Func<SpectralNormOptions, ActivationKind, Flow> Create, long[] Shape)
    > Flows = new()
    {
        ["multiscale"] = ((norm, phi) => new MultiscaleFlow(With(norm, phi)), [1, 8, 8]),
        ["single scale"] = ((norm, phi) => new SingleScaleFlow(With(norm, phi) with { Padding = 2 }), [1, 8, 8]),
        ["hybrid"] = ((norm, phi) => new HybridFlow(With(norm, phi), 3), [1, 8, 8]),
        ["hybrid, factors"] = (
            (norm, phi) => new HybridFlow(With(norm, phi), 3, new ClassGaussiansConfig { Rank = 2 }),
            [1, 8, 8]
        ),
        ["2-D"] = ((norm, phi) => new ToyFlow(2, [5, 4], norm, phi), [2]),
        ["five dimensions"] = ((norm, phi) => new ToyFlow(2, [5, 4], norm, phi, dimensions: 5), [5]),
        ["2-D i-DenseNet"] = (
            (norm, phi) =>
                new ToyFlow(
                    new ToyFlowConfig
                    {
                        Blocks = 2,
                        Hidden = [4, 3],
                        SpectralNorm = norm,
                        Activation = phi,
                        Kind = BlockKind.DenseNet,
                    }
                ),
            [2]
        ),
        ["2-D affine Glow"] = ((norm, phi) => new ToyFlow(2, [5, 4], norm, phi, kind: BlockKind.AffineGlow), [2]),
    };

    private static readonly Dictionary<string, Func<LogDetEstimator>> Estimators = new()
    {
        ["exact"] = () => new ExactLogDet(),
        ["power series"] = () => new PowerSeries(3, 2),
        ["Neumann"] = () => new NeumannSeries(3, 2),
        ["none"] = () => new NoLogDet(),
    };

    public static TheoryData<string> FlowNames => [.. Flows.Keys];

    public static TheoryData<string> ActivationNames =>
        [.. ActivationKind.All.Except([ActivationKind.MaxMin, ActivationKind.Relu]).Select(kind => kind.Name)];

    /// <summary>The control: with a tensor of the CPU the same computation throws.</summary>
    [Fact]
    public void TensorOfTheCpuIsFound()
    {
        using var scope = NewDisposeScope();
        var (flow, x) = Create("multiscale");
        flow.WithEstimator(new OfTheCpu());
        var fault = Assert.ThrowsAny<Exception>(() => flow.forward(x));
        Assert.Contains("same device", fault.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(FlowNames))]
    public void TrainingStep(string name)
    {
        using var scope = NewDisposeScope();
        foreach (var (_, estimator) in Estimators)
        {
            var (flow, x) = Create(name);
            flow.WithEstimator(estimator());
            flow.train();
            OnMeta(flow.forward(x), 3);

            (flow, x) = Create(name, differentiable: true);
            flow.WithEstimator(estimator());
            flow.train();
            using var adam = optim.Adam(flow.parameters(), 0.01);
            for (int step = 0; step < 2; step++)
            {
                var loss = -flow.forward(x).mean();
                flow.zero_grad();
                loss.backward();
                adam.step();
            }
            foreach (var (parameter, tensor) in flow.named_parameters())
                Assert.True(tensor is { device_type: DeviceType.META }, parameter);
            Assert.Contains(flow.parameters(), parameter => parameter.grad is { device_type: DeviceType.META });
        }
    }

    [Theory, MemberData(nameof(FlowNames))]
    public void EvaluationAndSampling(string name)
    {
        using var scope = NewDisposeScope();
        var (flow, x) = Create(name);
        foreach (var norm in new FrozenNorm?[] { null, FrozenNorm.PowerIteration, FrozenNorm.Certified })
        {
            flow.eval();
            if (norm is { } fixedNorm)
                flow.Freeze(fixedNorm);
            using var noGrad = no_grad();
            OnMeta(flow.forward(x), 3);
            var z = flow.LatentsOf(x);
            using var generator = new Generator(1);
            OnMeta(flow.Sample(4), 4);
            OnMeta(flow.Sample(4, generator: generator), 4);
            foreach (
                var solver in new InverseSolver[]
                {
                    new Chebyshev(),
                    new FixedPoint(),
                    new Anderson(),
                    FixedPoint.Iterations(3),
                }
            )
                Assert.Equal(x.shape, flow.Transform.Inverse(z, solver).Value.shape);
            foreach (var block in flow.ResidualBlocks)
                Assert.True(double.IsFinite(block.Branch.LipschitzBound()));
        }
    }

    /// <summary>The accelerations' own steps, which an iteration that ends at once does not reach.</summary>
    [Fact]
    public void AccelerationSteps()
    {
        using var scope = NewDisposeScope();
        foreach (var solver in new IterativeSolver[] { new Chebyshev(), new FixedPoint(), new Anderson() })
        {
            var step = solver.Start(0.9);
            for (int i = 0; i < 4; i++)
            {
                Tensor x = randn(3, 5, device: Meta),
                    image = randn(3, 5, device: Meta);
                if (step.Next(x, image, x - image, 1.0 / (i + 1)) is { } next)
                    OnMeta(next, 3);
            }
        }
    }

    /// <summary>Derivatives of every activation, and Jacobian products in both modes.</summary>
    [Theory, MemberData(nameof(ActivationNames))]
    public void Activations(string name)
    {
        using var scope = NewDisposeScope();
        var kind = ActivationKind.All.Single(kind => kind.Name == name);
        var branch = new SequentialBranch(
            [new MatrixLayer(kind.Channels(4), 6, new()), new MatrixLayer(kind.Channels(6), 4, new())],
            [kind.Create(), kind.Create()]
        );
        branch.to(Meta);
        var x = randn(3, 4, 2, 2, device: Meta);
        var g = branch.Linearize(x);
        OnMeta(g.Jvp(cat([x, x])), 6);
        OnMeta(g.Vjp(cat([x, x])), 6);
        OnMeta(g.Jacobian(), 3);
    }

    /// <summary>An error of libtorch in these products would end the process, so the branch has nothing that could
    /// fail.</summary>
    [Fact]
    public void ProductsByAutomaticDifferentiation()
    {
        using var scope = NewDisposeScope();
        var branch = new Squares(4);
        branch.to(Meta);
        var x = randn(3, 4, device: Meta);
        var g = branch.Linearize(x);
        OnMeta(g.Jvp(cat([x, x])), 6);
        OnMeta(g.Vjp(cat([x, x])), 6);
    }

    [Fact]
    public void Bijections()
    {
        using var scope = NewDisposeScope();
        var x = randn(3, 4, 6, 6, device: Meta);
        foreach (
            var bijection in new Bijection[]
            {
                new ActNorm(4),
                new InvertibleLinear(4),
                new Squeeze(),
                Coupling(affine: true),
                Coupling(affine: false),
                new Squeeze(SqueezeOrder.ChannelFirst),
                new InjectivePadding(4, 2),
                new LogitTransform(0.05),
                new FactorOut(new(4, 6, 6), new Flatten(new(2, 6, 6))),
            }
        )
        {
            bijection.to(Meta);
            var (y, logDet) = bijection.forward(x);
            OnMeta(y, 3);
            OnMeta(logDet, 3);
            Assert.Equal(x.shape, bijection.Inverse(y).Value.shape);
            _ = bijection.InverseLipschitzBound();
        }
        foreach (var form in Enum.GetValues<ActNormForm>())
        {
            var actNorm = new ActNorm(4, form);
            actNorm.to(Meta);
            actNorm.Initialize(x);
            OnMeta(actNorm.forward(x).y, 3);
        }
    }

    /// <summary>What states its errors, on a whole model and on one block.</summary>
    [Fact]
    public void Evaluators()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (flow, x) = Create("multiscale");
        flow.Freeze();
        foreach (var evaluator in new LogDetEvaluator[] { new Arnoldi(3, 2), new AdaptiveLogDet(0.1) })
        {
            var (logPrior, logDet) = flow.LogProbTerms(x, evaluator);
            OnMeta(logPrior, 3);
            OnMeta(logDet.Value, 3);
            var g = flow.ResidualBlocks[0].Branch.Linearize(randn(3, 4, 4, 4, device: Meta));
            OnMeta(evaluator.Evaluate(g).Value, 3);
        }
    }

    /// <summary>
    /// Operators that libtorch does not have there end these. They get that far, so nothing before mixes devices; when
    /// libtorch has them, this fails and they belong to the others.
    /// </summary>
    [Fact]
    public void WhatLibtorchLacks()
    {
        using var scope = NewDisposeScope();
        var x = randn(3, 4, 6, 6, device: Meta);
        var maxMin = new MaxMin();
        OnMeta(maxMin.forward(x), 3);
        IsLacking("where", () => maxMin.Jvp(maxMin.Derivative(x, x), x));
        IsLacking("where", () => maxMin.Vjp(maxMin.Derivative(x, x), x));
        IsLacking("relu", () => new Relu().forward(x));
        OnMeta(new Relu().Derivative(x, x), 3);
        IsLacking("flip", () => new Reversal().forward(x));
        IsLacking("flip", () => new Reversal().Inverse(x));
        var classifier = new Classifier(Images with { Padding = 2 }, classes: 5);
        classifier.to(Meta);
        foreach (bool trains in new[] { true, false })
        {
            classifier.train(trains);
            IsLacking("native_batch_norm", () => classifier.forward(randn(3, 1, 8, 8, device: Meta)));
        }

        static void IsLacking(string name, Action action)
        {
            var fault = Assert.ThrowsAny<Exception>(action);
            Assert.Contains($"aten::{name}", fault.Message, StringComparison.Ordinal);
            Assert.Contains("Meta kernel", fault.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>Data, initialisation, steps of the trainer, evaluation and pictures. Adamax needs <c>abs.out</c>,
    /// which is lacking.</summary>
    [Fact]
    public void TrainingOfADensity()
    {
        using var scope = NewDisposeScope();
        UpdateRule[] rules = [new AdamOptions(), new SgdOptions()];
        foreach (var rule in rules)
        {
            var (flow, _) = Create("multiscale", differentiable: true);
            var options = new DensityTrainingOptions
            {
                Steps = 2,
                Batch = 4,
                Optimizer = rule,
                ClipNorm = 1,
                AverageDecay = 0.9,
                InitialExamples = 4,
                EvaluationImages = 4,
            };
            var all = new ImageSplit(new(1, 8, 8), new byte[12 * 64], new byte[12]);
            var images = new ImageSplits(all[..8], all[8..], all[8..]);
            using var task = new DensityTask(flow, images, Preprocessing.MnistDensity, options);
            using var trainer = new Trainer(task, options);
            trainer.Initialize();
            for (int step = 0; step < 2; step++)
                trainer.Next();
            trainer.Recalibrate();
            Assert.Equal(4, trainer.WithAverage(() => task.Evaluate(HeldOut.Validation, default)).Examples);
            Assert.Equal([4, 1, 8, 8], task.Pictures(4).shape);
            Assert.All(flow.parameters(), parameter => Assert.Equal(DeviceType.META, parameter.device_type));
        }
    }

    [Fact]
    public void Probes()
    {
        using var scope = NewDisposeScope();
        var like = randn(3, 2, 4, 4, device: Meta);
        using var generator = new Generator(1);
        foreach (
            var probes in new Probes[]
            {
                new GaussianProbes(),
                new GaussianProbes(generator),
                new RademacherProbes(),
                new RademacherProbes(generator),
                new ColouredProbes(1),
                new ColouredProbes(2, generator),
            }
        )
            OnMeta(probes.Draw(8, like.shape, like), 24);
    }

    private static FlowConfig With(SpectralNormOptions norm, ActivationKind activation) =>
        Images with
        {
            SpectralNorm = norm,
            Activation = activation,
        };

    private static (Flow flow, Tensor x) Create(string name, bool differentiable = false)
    {
        var (create, shape) = Flows[name];
        var flow = create(
            new() { Enabled = !differentiable },
            differentiable ? ActivationKind.Softplus : ActivationKind.Elu
        );
        flow.to(Meta);
        return (flow, randn([3, .. shape], device: Meta));
    }

    /// <summary>A coupling of images whose network is one matrix over the columns and one over the channels.</summary>
    private static CouplingLayer Coupling(bool affine)
    {
        var coupling = new CouplingLayer(new ImageShape(4, 6, 6), 5, affine);
        var layer = new MatrixLayer(2, affine ? 4 : 2, new() { Enabled = false });
        var network = nn.Sequential(nn.Linear(6, 6), new Applied(layer));
        network.to(Meta);
        var field = typeof(CouplingLayer).GetField("_net", BindingFlags.Instance | BindingFlags.NonPublic)!;
        field.SetValue(coupling, network);
        return coupling;
    }

    private static void OnMeta(Tensor tensor, long batch)
    {
        Assert.Equal(DeviceType.META, tensor.device_type);
        Assert.Equal(batch, tensor.size(0));
    }

    private sealed class OfTheCpu : LogDetEstimator
    {
        public override Tensor Estimate(Linearization g) => g.Value.flatten(1).sum(1) + zeros(g.BatchSize);
    }

    private sealed class Applied : nn.Module<Tensor, Tensor>
    {
        private readonly MatrixLayer _layer;

        public Applied(MatrixLayer layer)
            : base(nameof(Applied))
        {
            _layer = layer;
            RegisterComponents();
        }

        public override Tensor forward(Tensor x) => _layer.ApplyWithBias(_layer.EffectiveWeight(), x);
    }

    private sealed class Squares : ResidualBranch
    {
        private readonly SpectralLinear _layer;

        public Squares(int features)
            : base(nameof(Squares))
        {
            _layer = new(features, features, new());
            RegisterComponents();
        }

        public override Tensor forward(Tensor x) => _layer.ApplyWithBias(_layer.EffectiveWeight(), x * x);

        public override double LipschitzBound() => double.PositiveInfinity;
    }
}
