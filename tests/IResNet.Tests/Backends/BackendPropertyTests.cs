using IResNet.Cpu;

namespace IResNet.Tests.Backends;

/// <summary>
/// What users run: every backend that this machine offers in float32, against torch's operations in float64, at batches
/// around the sizes at which a backend may change its way, and odd image sizes.
/// </summary>
public class BackendPropertyTests
{
    private const double Tolerance = 5e-5;

    private static readonly int[] Batches = [1, 7, 8, 9, 16, 17, 33];

    private static readonly Dictionary<string, Func<SequentialBranch>> Branches = new()
    {
        ["3x5 images"] = () => Convolutional(new(2, 3, 5), 5, leading: true),
        ["7x5 images, no first activation"] = () => Convolutional(new(3, 7, 5), 6, leading: false),
        ["single pixels"] = () => Convolutional(new(2, 1, 1), 3, leading: true),
        ["3x3 images, many channels"] = () => Convolutional(new(2, 3, 3), 64, leading: true),
        ["points of the plane"] = () => new DenseBranch(2, [7, 5]),
        ["points of space"] = () => new DenseBranch(3, [6]),
        ["3x5 images, LipSwish"] = () => Convolutional(new(2, 3, 5), 5, leading: true, ActivationKind.LipSwish),
        ["2x3 images, many channels, LipSwish"] = () =>
            Convolutional(new(2, 2, 3), 64, leading: false, ActivationKind.LipSwish),
        ["points of the plane, LipSwish"] = () => new DenseBranch(2, [7, 5], activation: ActivationKind.LipSwish),
        ["4x3 images, softplus"] = () => Convolutional(new(2, 4, 3), 5, leading: true, ActivationKind.Softplus),
        ["points of space, softplus"] = () => new DenseBranch(3, [6], activation: ActivationKind.Softplus),
        ["4x3 images, ReLU"] = () => Convolutional(new(2, 4, 3), 5, leading: true, ActivationKind.Relu),
    };

    private static readonly Dictionary<string, Backend> Offered = new[]
    {
        IResNet.Backends.Reference,
        IResNet.Backends.Installed,
    }
        .OfType<Backend>()
        .Select(backend => (backend.Name, backend))
        // The installed one takes the widest vectors.
        .Concat(CpuKernels.Offered.Skip(1).Select(narrower => (narrower.Name, (Backend)new CpuBackend(narrower))))
        .ToDictionary(pair => pair.Item1, pair => pair.Item2);

    public static IEnumerable<ITheoryDataRow> Cases =>
        from backend in Offered.Keys
        from branch in Branches.Keys
        from batch in Batches
        select new TheoryDataRow<string, string, int>(backend, branch, batch);

    /// <summary>
    /// For what takes long: the other activations at a batch with empty lanes and at one of two groups.
    /// </summary>
    public static IEnumerable<ITheoryDataRow> FewCases =>
        from backend in Offered.Keys
        from branch in Branches.Keys
        from batch in branch.Split(", ")[^1] is "LipSwish" or "softplus" or "ReLU" ? [7, 17] : Batches
        select new TheoryDataRow<string, string, int>(backend, branch, batch);

    public static IEnumerable<ITheoryDataRow> Kinds =>
        from backend in Offered.Keys
        from branch in Branches.Keys
        select new TheoryDataRow<string, string>(backend, branch);

    /// <summary>The suite is about more than the reference wherever tests of this project run.</summary>
    [Fact]
    public void TheKernelsAreOffered()
    {
        Assert.Equal(["reference", "cpu"], Offered.Keys.Take(2));
        Assert.Equal(1 + CpuKernels.Offered.Count, Offered.Count);
    }

    /// <summary>A training step: output, log-determinant and all gradients, through the normalization too.</summary>
    [Theory, MemberData(nameof(Cases))]
    public void StepsAndTheirGradients(string backend, string branch, int batch)
    {
        using var scope = NewDisposeScope();
        using var use = IResNet.Backends.Use(Offered[backend]);
        var (block, x) = Make(branch, batch);
        var estimator = Plane(block) ? (LogDetEstimator)new ExactLogDet() : new NeumannSeries(3, 1, Fixed(x, 1));
        CompareSteps(block, x, () => estimator);
    }

    /// <summary>Several probes, and random numbers of terms: the same draws give the same estimate.</summary>
    [Theory, MemberData(nameof(Kinds))]
    public void SeriesAndTheirGradients(string backend, string branch)
    {
        using var scope = NewDisposeScope();
        using var use = IResNet.Backends.Use(Offered[backend]);
        foreach (int batch in new[] { 3, 9 })
        {
            var (block, x) = Make(branch, batch);
            var (three, one) = (Fixed(x, 3), Fixed(x, 1));
            CompareSteps(block, x, () => new NeumannSeries(2, 3, three));
            CompareSteps(block, x, () => new RussianRoulette(draws: 2, probes: one, generator: new(7)));
            CompareSteps(block, x, () => new RussianRoulette(new FewestTerms(), 1, probes: one));
        }
    }

    /// <summary>Draws the least number that it may.</summary>
    private sealed class FewestTerms : TermDistribution
    {
        public override double Survival(int j) => new PoissonTerms().Survival(j);

        public override int Draw(Generator? generator) => 0;
    }

    private static FixedProbes Fixed(Tensor x, int samples) => new(randn([samples * x.size(0), .. x.shape[1..]]));

    /// <summary>A block in float32 and in float64, each with a fresh estimator.</summary>
    private static void CompareSteps(ResidualBlock block, Tensor x, Func<LogDetEstimator> estimator)
    {
        long batch = x.size(0);
        var start = block.state_dict().ToDictionary(pair => pair.Key, pair => pair.Value.clone());
        var (dy, dLogDet) = (randn_like(x), randn(batch));
        Dictionary<string, Tensor> Of(ScalarType type)
        {
            block.to(type);
            using (no_grad())
                foreach (var (name, value) in block.state_dict())
                    value.copy_(start[name]);
            block.train();
            block.zero_grad();
            block.Estimator = estimator();
            var input = x.detach().to(type).requires_grad_();
            var (y, logDet) = block.forward(input);
            ((y * dy.to(type)).sum() + (logDet * dLogDet.to(type)).sum()).backward();
            return new Dictionary<string, Tensor>
            {
                ["y"] = y,
                ["log-determinant"] = logDet,
                ["x"] = input.grad!,
            }
                .Concat(block.named_parameters().Select(pair => KeyValuePair.Create(pair.name, pair.parameter.grad!)))
                .ToDictionary(pair => pair.Key, pair => pair.Value.detach().clone());
        }
        var single = Of(ScalarType.Float32);
        foreach (var (name, exact) in Of(ScalarType.Float64))
            Expect.Close(single[name], exact, Tolerance, name);
    }

    /// <summary>ln |det| against the full Jacobian: the series with every unit vector as a probe once.</summary>
    [Theory, MemberData(nameof(Kinds))]
    public void LogDeterminantsAreThoseOfTheJacobian(string backend, string branch)
    {
        const int Terms = 60;
        using var scope = NewDisposeScope();
        using var use = IResNet.Backends.Use(Offered[backend]);
        var (block, x) = Make(branch, 1);
        block.eval();
        block.Branch.Freeze();
        long d = x.numel();
        long[] shape = [d, .. x.shape[1..]];
        foreach (bool gradients in new[] { false, true })
        {
            using var mode = set_grad_enabled(gradients);
            block.Estimator = new NeumannSeries(Terms, 1, new FixedProbes(eye(d).reshape(shape)));
            var trace = block.forward(x.expand(shape)).logDet.sum();
            block.Estimator = Plane(block) ? new ExactLogDet() : new NeumannSeries(Terms, (int)d, new UnitVectors());
            var own = block.forward(x).logDet[0];
            var jacobian = InDouble(block, g => g(x).Jacobian());
            var exact = linalg.slogdet(jacobian + eye(d, dtype: ScalarType.Float64)).Item2[0];
            Expect.Near(trace, exact, Tolerance, "series, a probe each");
            Expect.Near(own, exact, Tolerance, "estimate");
            Assert.True(Expect.MaxAbs(exact) > 1e-3, "negative control: the log-determinant is not 0");
        }
    }

    /// <summary>Values and Jacobian products, with and without gradients, in both directions.</summary>
    [Theory, MemberData(nameof(Cases))]
    public void Linearizations(string backend, string branch, int batch)
    {
        using var scope = NewDisposeScope();
        using var use = IResNet.Backends.Use(Offered[backend]);
        var (block, x) = Make(branch, batch);
        var t = randn([2 * batch, .. x.shape[1..]]);
        foreach (bool gradients in new[] { false, true })
        {
            using var mode = set_grad_enabled(gradients);
            var g = block.Branch.Linearize(x);
            var (value, jvp, vjp) = (g.Value, g.Jvp(t), g.Vjp(t));
            var (exact, jacobian) = InDouble(block, at => (at(x).Value, at(x).Jacobian().repeat(2, 1, 1)));
            Expect.Close(value, exact, Tolerance, "value");
            var direction = t.to(ScalarType.Float64).flatten(1).unsqueeze(2);
            Expect.Close(jvp.flatten(1), jacobian.bmm(direction).squeeze(2), Tolerance, "J t");
            Expect.Close(vjp.flatten(1), jacobian.mT.bmm(direction).squeeze(2), Tolerance, "transposed J t");
        }
    }

    /// <summary>Every solver finds x, and its certificate holds against the inverse in float64.</summary>
    [Theory, MemberData(nameof(FewCases))]
    public void Inverses(string backend, string branch, int batch)
    {
        using var scope = NewDisposeScope();
        using var use = IResNet.Backends.Use(Offered[backend]);
        var (block, y) = Make(branch, batch);
        block.eval();
        block.Branch.Freeze();
        var found = new InverseSolver[] { new Chebyshev(), new FixedPoint(), new Anderson() }
            .Select(solver => (Name: solver.GetType().Name, Result: block.Inverse(y, solver)))
            .ToList();
        // Algorithm 1 until nothing moves.
        var exact = InDouble(block, at =>
            Enumerable
                .Range(0, 150)
                .Aggregate(y.to(ScalarType.Float64), (x, _) => y.to(ScalarType.Float64) - at(x).Value)
        );
        double unit = finfo(ScalarType.Float32).eps * Expect.MaxAbs(y);
        foreach (var (name, result) in found)
        {
            double error = (result.Value.to(ScalarType.Float64) - exact).flatten(1).norm(1).max().ToDouble();
            Assert.InRange(result.Residual, 0, 1e-6 + 8 * unit);
            Assert.True(
                error <= result.ErrorBound + 20 * unit * Math.Sqrt(y.numel() / (double)batch),
                $"{name}: {error}"
            );
        }
        Assert.True(Expect.MaxAbs(y.to(ScalarType.Float64) - exact) > 1e-3, "negative control: y is no solution");
    }

    /// <summary>ActNorm on images and on points.</summary>
    [Theory, MemberData(nameof(Cases))]
    public void AffineMaps(string backend, string branch, int batch)
    {
        using var scope = NewDisposeScope();
        using var use = IResNet.Backends.Use(Offered[backend]);
        var (_, x) = Make(branch, batch);
        var norm = new ActNorm((int)x.size(1)) { IsInitialized = true };
        var dy = randn_like(x);
        var (logScale, shift) = (0.3 * randn(x.size(1)), randn(x.size(1)));
        Tensor[] Of(ScalarType type)
        {
            norm.to(type);
            norm.zero_grad();
            using (no_grad())
            {
                norm.LogScale.copy_(logScale);
                norm.Shift.copy_(shift);
            }
            var input = x.detach().to(type).requires_grad_();
            var (y, logDet) = norm.forward(input);
            ((y * dy.to(type)).sum() + logDet.sum()).backward();
            return
            [
                .. new[] { y, logDet, input.grad!, norm.LogScale.grad!, norm.Shift.grad! }.Select(t =>
                    t.detach().clone()
                ),
            ];
        }
        var single = Of(ScalarType.Float32);
        foreach (var (value, exact) in single.Zip(Of(ScalarType.Float64)))
            Expect.Close(value, exact, Tolerance, "affine map");
    }

    /// <summary>Steps, evaluations and inverses leave no tensor behind.</summary>
    [Theory, MemberData(nameof(Kinds))]
    public void NothingIsLeftBehind(string backend, string branch)
    {
        using var use = IResNet.Backends.Use(Offered[backend]);
        var (block, x) = Make(branch, 17);
        block.Estimator = Plane(block) ? new ExactLogDet() : new NeumannSeries(3);
        void Step()
        {
            using var scope = NewDisposeScope();
            block.train();
            var (y, logDet) = block.forward(x);
            (y.square().sum() - logDet.sum()).backward();
            block.zero_grad();
            block.eval();
            using var noGrad = no_grad();
            block.Inverse(block.forward(x).y);
            block.Branch.Linearize(x).Jvp(x);
        }
        Step();
        Assert.Equal(0, LiveTensors.Leak(Step));
    }

    private static ConvBranch Convolutional(
        ImageShape shape,
        int hidden,
        bool leading,
        ActivationKind? activation = null
    ) => new(shape, hidden, new SpectralNormOptions(), activation, leading);

    private static bool Plane(ResidualBlock block) =>
        block.Branch is DenseBranch { Layers: [{ Weight: var first }, ..] } && first.size(1) == 2;

    /// <summary>A block whose weights reach their bound, and a batch.</summary>
    private static (ResidualBlock, Tensor) Make(string branch, int batch)
    {
        manual_seed(batch);
        var g = Branches[branch]();
        using (no_grad())
            foreach (var layer in g.Layers)
                layer.Weight.mul_(5);
        for (int i = 0; i < 3; i++)
            g.PowerIteration();
        var x = g is ConvBranch images
            ? randn(batch, images.Shape.Channels, images.Shape.Height, images.Shape.Width)
            : randn(batch, g.Layers[0].Weight.size(1));
        return (new ResidualBlock(g, new NoLogDet()), x);
    }

    /// <summary>Something of the branch by torch's operations in float64, with the weights in use in float32.</summary>
    private static T InDouble<T>(ResidualBlock block, Func<Func<Tensor, Linearization>, T> f)
    {
        var branch = (SequentialBranch)block.Branch;
        var weights = branch.Layers.Select(layer => layer.EffectiveWeight().detach().to(ScalarType.Float64)).ToList();
        block.to(ScalarType.Float64);
        using var noGrad = no_grad();
        var result = f(x => branch.Linearize(x.to(ScalarType.Float64), weights));
        block.to(ScalarType.Float32);
        return result;
    }
}
