using System.Runtime.InteropServices;
using IResNet.Cpu;

namespace IResNet.Tests.Cpu;

/// <summary>
/// Every function whose backward pass is written by hand behaves in libtorch's graph as torch's own operations do, in
/// float32 against those in float64: whatever part of its outputs a loss uses, whatever is changed in place meanwhile,
/// however often and to whatever order it is differentiated.
/// </summary>
public class HandWrittenFunctionTests
{
    private const double Tolerance = 1e-4;

    private static readonly Dictionary<string, (Type Function, Func<Subject> Make)> Cases = new()
    {
        ["affine map per channel"] = (typeof(ChannelAffineFunction<>), Affine),
        ["convolutional block, series"] = (typeof(ConvBlockFunction<,>), () =>
            Convolutional(16, 6, new ImageShape(3, 4, 5), 3)
        ),
        ["convolutional block, value alone"] = (typeof(ConvBlockFunction<,>), () =>
            Convolutional(9, 5, new ImageShape(2, 3, 4), 0)
        ),
        ["convolutional block, few examples"] = (typeof(ConvBlockFunction<,>), () =>
            Convolutional(3, 64, new ImageShape(2, 4, 4), 2)
        ),
        ["convolutional block, no first activation"] = (typeof(ConvBlockFunction<,>), () =>
            Convolutional(17, 6, new ImageShape(2, 4, 4), 2, leading: false)
        ),
        ["convolutional block, learned activations"] = (typeof(ConvBlockFunction<,>), () =>
            Convolutional(9, 5, new ImageShape(2, 3, 4), 2, activation: ActivationKind.LipSwish)
        ),
        ["convolutional block, learned activations, few examples"] = (typeof(ConvBlockFunction<,>), () =>
            Convolutional(3, 64, new ImageShape(2, 3, 3), 2, leading: false, ActivationKind.LipSwish)
        ),
        ["dense block, exact"] = (typeof(DenseBlockFunction<,>), () => Dense(70, 2, new ExactLogDet())),
        ["dense block, series"] = (typeof(DenseBlockFunction<,>), () =>
            Dense(5, 3, new NeumannSeries(3, 1, new FixedProbes(randn(5, 3))))
        ),
        ["dense block, learned activations"] = (typeof(DenseBlockFunction<,>), () =>
            Dense(17, 2, new ExactLogDet(), ActivationKind.LipSwish)
        ),
        ["dense block, value alone"] = (typeof(DenseBlockFunction<,>), () => Dense(3, 4, new NoLogDet())),
        ["spectral normalization"] = (typeof(SpectralNormFunction<>), Normalization),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    /// <summary>A new function must enter the sweep.</summary>
    [Fact]
    public void EveryFunctionIsSwept()
    {
        static bool IsFunction(Type type) =>
            type.BaseType is { } parent
            && (
                (parent.IsGenericType && parent.GetGenericTypeDefinition() == typeof(autograd.Function<>))
                || IsFunction(parent)
            );
        var functions = typeof(HandWrittenFunctionTests)
            .Assembly.GetReferencedAssemblies()
            .Where(name => name.Name!.StartsWith("IResNet", StringComparison.Ordinal))
            .SelectMany(name => System.Reflection.Assembly.Load(name).GetTypes())
            .Where(type => !type.IsAbstract && IsFunction(type))
            .ToHashSet();
        Assert.Equal(functions, Cases.Values.Select(value => value.Function).ToHashSet());
        Assert.All(functions, function =>
            Assert.Equal(typeof(HandWrittenFunction<,>), function.BaseType!.GetGenericTypeDefinition())
        );
    }

    /// <summary>A loss that uses any part of the outputs gives the gradients of that part.</summary>
    [Theory, MemberData(nameof(Names))]
    public void AnyOutputsMayBeUnused(string name)
    {
        int outputs = Make(name).Outputs(fast: true).Length;
        for (int used = 1; used < 1 << outputs; used++)
        {
            var subject = Make(name);
            var chosen = Enumerable.Range(0, outputs).Where(i => (used >> i & 1) == 1).ToList();
            subject.Compare(
                (values, cotangents) => chosen.Select(i => (values[i] * cotangents[i]).sum()).Aggregate((a, b) => a + b)
            );
        }
    }

    /// <summary>Gradients are asked for by one input alone, of each kind.</summary>
    [Theory, MemberData(nameof(Names))]
    public void AnyInputsMayBeFrozen(string name)
    {
        for (int only = 0; only < Make(name).Inputs.Count; only++)
        {
            var subject = Make(name);
            for (int i = 0; i < subject.Inputs.Count; i++)
                subject.Inputs[i].requires_grad_(i == only);
            subject.Compare(Whole);
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void ARetainedGraphGivesTheSameAgain(string name)
    {
        var subject = Make(name);
        foreach (bool fast in new[] { true, false })
        {
            subject.To(fast);
            var loss = Whole(subject.Outputs(fast), subject.Cotangents);
            loss.backward(retain_graph: true);
            var once = subject.Gradients();
            loss.backward();
            foreach (var (first, both) in once.Zip(subject.Gradients()))
                Assert.True(
                    (first is null && both is null) || (2 * first!).allclose(both!, rtol: 1e-6, atol: 1e-9),
                    name
                );
            var freed = Assert.ThrowsAny<ExternalException>(() => loss.backward());
            Assert.Contains("second time", freed.Message);
        }
    }

    /// <summary>
    /// Inputs, parameters and outputs that are changed in place before the backward pass: libtorch's exception, or the
    /// right gradient of what had been computed. Never the end of the process.
    /// </summary>
    [Theory, MemberData(nameof(Names))]
    public void WhatIsChangedInPlaceIsNoticed(string name)
    {
        int inputs = Make(name).Inputs.Count,
            outputs = Make(name).Outputs(fast: true).Length,
            noticed = 0;
        for (int changed = 0; changed < inputs + outputs; changed++)
        {
            var subject = Make(name);
            List<Tensor?> Of(bool fast)
            {
                subject.To(fast);
                var values = subject.Outputs(fast);
                if (changed >= inputs)
                    values[changed - inputs].mul_(2);
                else if (fast)
                    using (no_grad())
                        subject.Inputs[changed].mul_(0.5);
                try
                {
                    Whole(values, subject.Cotangents).backward();
                    return subject.Gradients();
                }
                finally
                {
                    if (changed < inputs && fast)
                        using (no_grad())
                            subject.Inputs[changed].mul_(2);
                }
            }
            try
            {
                var fast = Of(fast: true);
                subject.AssertClose(fast, Of(fast: false), $"{name}, {changed} changed");
            }
            catch (ExternalException error)
            {
                Assert.Contains("modified by an inplace operation", error.Message);
                noticed++;
            }
        }
        Assert.True(noticed > 0, "Nothing was noticed.");
    }

    /// <summary>Also where only some gradients are asked for: an error is no missing gradient.</summary>
    [Theory, MemberData(nameof(Names))]
    public void WhatIsChangedInPlaceIsNoticedOnTheWayToAnyInput(string name)
    {
        for (int wanted = 0; wanted < Make(name).Inputs.Count; wanted++)
        {
            var subject = Make(name);
            subject.To(fast: true);
            var values = subject.Outputs(fast: true);
            using (no_grad())
                subject.Inputs[^1].mul_(0.5);
            Assert.ThrowsAny<ExternalException>(() =>
                Whole(values, subject.Cotangents).backward(inputs: [subject.Inputs[wanted]])
            );
        }
    }

    /// <summary>A gradient penalty: the gradient's own gradient.</summary>
    [Theory, MemberData(nameof(Names))]
    public void SecondDerivativesAreRight(string name)
    {
        var subject = Make(name);
        List<Tensor?> Of(bool fast)
        {
            subject.To(fast);
            var loss = Curved(subject.Outputs(fast), subject.Cotangents);
            var gradients = autograd.grad(
                [loss],
                [.. subject.Inputs],
                retain_graph: true,
                create_graph: true,
                allow_unused: true
            );
            gradients
                .Where(gradient => !gradient.IsInvalid)
                .Select(gradient => gradient.square().sum())
                .Aggregate((a, b) => a + b)
                .backward();
            return subject.Gradients();
        }
        var fast = Of(fast: true);
        subject.AssertClose(fast, Of(fast: false), name);
    }

    /// <summary>The same where the graph is asked for by <c>backward</c>.</summary>
    [Theory, MemberData(nameof(Names))]
    public void FirstDerivativesWithAGraphAreRight(string name)
    {
        var subject = Make(name);
        List<Tensor?> Of(bool fast)
        {
            subject.To(fast);
            Curved(subject.Outputs(fast), subject.Cotangents).backward(create_graph: true, retain_graph: true);
            var gradients = subject.Gradients();
            Assert.Contains(subject.Inputs, input => input.grad is { requires_grad: true });
            return gradients;
        }
        var fast = Of(fast: true);
        subject.AssertClose(fast, Of(fast: false), name);
    }

    /// <summary>A fault of a backward pass, whatever it is, arrives at whoever called <c>backward</c>.</summary>
    [Fact]
    public void AnyExceptionCanBeCaught()
    {
        var x = randn(2, 3).requires_grad_();
        foreach (bool createGraph in new[] { false, true })
        {
            var y = Faulty.Of(x);
            Assert.ThrowsAny<ExternalException>(() =>
                y.sum().backward(create_graph: createGraph, retain_graph: createGraph)
            );
            Assert.Null(x.grad);
        }
    }

    /// <summary>Graphs that are differentiated, or not, leave no tensor behind.</summary>
    [Theory, MemberData(nameof(Names))]
    public void DoesNotLeak(string name)
    {
        var subject = Make(name);
        subject.To(fast: true);
        void Step(bool differentiate)
        {
            using var scope = NewDisposeScope();
            var loss = Whole(subject.Outputs(fast: true), subject.Cotangents);
            if (differentiate)
                loss.backward();
        }
        foreach (bool differentiate in new[] { true, false })
        {
            Step(differentiate);
            Assert.Equal(0, LiveTensors.Leak(() => Step(differentiate)));
        }
    }

    private static Subject Make(string name)
    {
        Kernels.Need();
        manual_seed(3);
        return Cases[name].Make();
    }

    private static Tensor Whole(Tensor[] values, Tensor[] cotangents) =>
        values.Zip(cotangents, (value, cotangent) => (value * cotangent).sum()).Aggregate((a, b) => a + b);

    private static Tensor Curved(Tensor[] values, Tensor[] cotangents) =>
        Whole(values, cotangents) + values.Select(value => value.square().sum()).Aggregate((a, b) => a + b);

    private static Subject Affine()
    {
        var norm = new ActNorm(3) { IsInitialized = true };
        using (no_grad())
        {
            norm.LogScale.normal_(0, 0.3);
            norm.Shift.normal_();
        }
        return new(
            [norm],
            randn(5, 3, 4, 6),
            x => [ChannelAffineFunction<Floats16>.Apply(Kernels.Resources, x, norm.LogScale, norm.Shift)],
            x => [x * norm.LogScale.exp().view(1, -1, 1, 1) + norm.Shift.view(1, -1, 1, 1)]
        );
    }

    private static Subject Convolutional(
        int examples,
        int hidden,
        ImageShape shape,
        int terms,
        bool leading = true,
        ActivationKind? activation = null
    )
    {
        var branch = new ConvBranch(shape, hidden, new SpectralNormOptions(), activation, leading);
        var x = randn(examples, shape.Channels, shape.Height, shape.Width);
        LogDetEstimator estimator =
            terms > 0 ? new NeumannSeries(terms, 1, new FixedProbes(randn_like(x))) : new NoLogDet();
        return Block(branch, estimator, x, point =>
            Kernels.Of(branch).Step(Kernels.Resources, branch, estimator, point)
        );
    }

    private static Subject Dense(
        int examples,
        int features,
        LogDetEstimator estimator,
        ActivationKind? activation = null
    )
    {
        var branch = new DenseBranch(features, [7, 5], activation: activation);
        return Block(branch, estimator, randn(examples, features), point =>
            Kernels.Of(branch).Step(Kernels.Resources, branch, estimator, point)
        );
    }

    private static Subject Block(
        ResidualBranch branch,
        LogDetEstimator estimator,
        Tensor x,
        Func<Tensor, (Tensor y, Tensor? logDet)> apply
    )
    {
        using (no_grad())
            foreach (var layer in branch.Layers)
                layer.Weight.mul_(3);
        branch.PowerIteration();
        return new(
            [branch],
            x,
            x => apply(x) is var (y, logDet) && logDet is null ? [y] : [y, logDet],
            x =>
            {
                var g = branch.Linearize(x);
                return estimator is NoLogDet ? [x + g.Value] : [x + g.Value, estimator.Estimate(g)];
            }
        );
    }

    private static Subject Normalization()
    {
        SpectralLayer[] layers =
        [
            new SpectralConv2d(3, 5, 3, 4, 5, new()),
            new SpectralLinear(4, 6, new()),
            new SpectralConv2d(4, 3, 1, 5, 5, new() { Coefficient = 0.5 }),
            // Below the bound, where the norm's gradient does not take part.
            new SpectralConv2d(2, 2, 3, 4, 4, new()),
        ];
        using (no_grad())
            foreach (var layer in layers[..^1])
                layer.Weight.mul_(5);
        var vectors = layers.Select(layer => (U: layer.U.clone(), V: layer.V.clone())).ToList();
        void Rewind()
        {
            using var noGrad = no_grad();
            foreach (var (layer, (u, v)) in layers.Zip(vectors))
            {
                layer.U.copy_(u);
                layer.V.copy_(v);
            }
        }
        return new(
            layers,
            null,
            _ =>
            {
                Rewind();
                return [.. SpectralNormFunction<Floats16>.Apply(Kernels.Resources, layers)];
            },
            _ =>
            {
                Rewind();
                foreach (var layer in layers)
                    layer.PowerIteration(layer.Options.PowerIterations);
                // The vectors of later steps must not change those of this one.
                return [.. layers.Select(layer => layer.Normalized(layer.Weight, layer.U.clone(), layer.V.clone()))];
            }
        );
    }

    /// <summary>A function in float32 and what it stands for in float64, on the same inputs.</summary>
    private sealed class Subject
    {
        private readonly nn.Module[] _modules;
        private readonly Func<Tensor, Tensor[]> _fast,
            _composed;
        private readonly Tensor? _x;

        public Subject(nn.Module[] modules, Tensor? x, Func<Tensor, Tensor[]> fast, Func<Tensor, Tensor[]> composed)
        {
            (_modules, _x, _fast, _composed) = (modules, x?.requires_grad_(), fast, composed);
            Inputs = Present();
            using (no_grad())
                Cotangents = [.. Outputs(fast: true).Select(value => randn_like(value))];
            Random = Cotangents;
        }

        /// <summary>x and the parameters of which the function is one.</summary>
        public IReadOnlyList<Tensor> Inputs { get; private set; }

        public Tensor[] Cotangents { get; private set; }

        private Tensor[] Random { get; }

        public Tensor[] Outputs(bool fast) => (fast ? _fast : _composed)(Inputs[0]);

        /// <summary>Converts everything; no gradients are left.</summary>
        public void To(bool fast)
        {
            var type = fast ? ScalarType.Float32 : ScalarType.Float64;
            bool[] requires = [.. Inputs.Select(input => input.requires_grad)];
            foreach (var module in _modules)
                module.to(type);
            Inputs = Present(type);
            for (int i = 0; i < requires.Length; i++)
            {
                Inputs[i].requires_grad_(requires[i]);
                Inputs[i].grad = null;
            }
            Cotangents = [.. Random.Select(cotangent => cotangent.to(type))];
        }

        public List<Tensor?> Gradients() => [.. Inputs.Select(input => input.grad?.detach().clone())];

        /// <summary>The loss' gradients are those of float64.</summary>
        public void Compare(Func<Tensor[], Tensor[], Tensor> lossOf)
        {
            List<Tensor?> Of(bool fast)
            {
                To(fast);
                lossOf(Outputs(fast), Cotangents).backward();
                return Gradients();
            }
            var fast = Of(fast: true);
            AssertClose(fast, Of(fast: false), "gradient");
        }

        /// <summary>Where float64 has no gradient, there is none, or zeros.</summary>
        public void AssertClose(List<Tensor?> fast, List<Tensor?> exact, string what)
        {
            Assert.Contains(exact, gradient => gradient is not null);
            for (int i = 0; i < Inputs.Count; i++)
            {
                if (exact[i] is { } expected)
                    Expect.Close(fast[i] ?? zeros_like(expected), expected, Tolerance, $"{what}, input {i}");
                else
                    Assert.True(fast[i] is null || Expect.MaxAbs(fast[i]!) == 0, $"{what}, input {i} has a gradient.");
            }
        }

        private List<Tensor> Present(ScalarType type = ScalarType.Float32) =>
            [
                .. _x is null
                    ? Array.Empty<Tensor>()
                    : [type == ScalarType.Float32 ? _x : _x.detach().to(type).requires_grad_()],
                .. _modules
                    .SelectMany(module => module.parameters())
                    .Where(parameter => parameter.dim() != 1 || _x is not null),
            ];
    }

    /// <summary>A function whose backward pass fails.</summary>
    internal sealed class Faulty : HandWrittenFunction<Faulty, Faulty.Nothing>
    {
        public static Tensor Of(Tensor x) => Run(new(Kernels.Resources), x)[0];

        protected override (List<Tensor> outputs, List<Tensor> saved) Forward(
            Nothing call,
            Tensor[] inputs,
            bool differentiable
        ) => ([inputs[0].clone()], []);

        protected override IEnumerable<Tensor?> Backward(Nothing call, List<Tensor> saved, Tensor?[] cotangents) =>
            throw new InvalidOperationException("A fault.");

        protected override IEnumerable<Tensor?> Differentiable(
            Nothing call,
            List<Tensor> saved,
            Tensor?[] cotangents
        ) => cotangents.Select<Tensor?, Tensor?>(_ => throw new InvalidOperationException("A late fault."));

        internal sealed record Nothing(CpuResources Resources) : FunctionCall(Resources);
    }
}
