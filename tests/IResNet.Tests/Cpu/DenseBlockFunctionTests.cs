using IResNet.Cpu;

namespace IResNet.Tests.Cpu;

/// <summary>
/// The vector kernels' training step of dense blocks computes what torch's operations compute: value, log-determinant
/// and every gradient, judged in float64.
/// </summary>
public class DenseBlockFunctionTests
{
    // A few float32 rounding units.
    private const double Tolerance = 5e-6;

    public enum Estimate
    {
        None,
        Exact,
        Series,
    }

    /// <summary>
    /// Examples, features, hidden widths, estimate, terms. Groups, tiles and threads are partly empty.
    /// </summary>
    public static TheoryData<int, int, int[], Estimate, int> Shapes =>
        new()
        {
            { 500, 2, [64, 64, 64], Estimate.Exact, 0 },
            { 500, 2, [64, 64, 64], Estimate.Series, 5 },
            { 128, 2, [16], Estimate.Exact, 0 },
            { 64, 2, [5, 9], Estimate.Exact, 0 },
            { 7, 2, [3, 33, 2, 1], Estimate.Exact, 0 },
            { 1, 2, [8, 8], Estimate.Exact, 0 },
            { 1, 1, [1], Estimate.Series, 3 },
            { 5, 5, [7, 6], Estimate.Series, 2 },
            { 17, 3, [18], Estimate.Series, 1 },
            { 130, 21, [10, 30, 20], Estimate.Series, 4 },
            { 65, 4, [12, 7], Estimate.None, 0 },
        };

    [Theory, MemberData(nameof(Shapes))]
    public void EqualsTorch(int examples, int features, int[] hidden, Estimate estimate, int terms)
    {
        foreach (var activation in Kernels.Activations)
        {
            using var scope = NewDisposeScope();
            Compare(new Setting(examples, features, hidden, estimate, terms, activation));
        }
    }

    /// <summary>Shapes that nobody chose.</summary>
    [Fact]
    public void EqualsTorchOnRandomShapes()
    {
        var random = new Random(5);
        for (int i = 0; i < 20; i++)
        {
            var estimate = (Estimate)random.Next(3);
            int features = estimate == Estimate.Exact ? 2 : random.Next(1, 9);
            int[] hidden = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(1, 40))];
            var activation = Kernels.Activations[i % Kernels.Activations.Count];
            Compare(new Setting(random.Next(1, 200), features, hidden, estimate, random.Next(1, 7), activation));
        }
    }

    /// <summary>Far out, ELUs are flat to the last bit or straight: slopes of 0 and 1.</summary>
    [Fact]
    public void EqualsTorchFarOut()
    {
        var setting = new Setting(100, 2, [20, 20], Estimate.Exact, 0);
        setting.X.mul_(1000);
        Compare(setting);
    }

    /// <summary>
    /// Negative control: another probe gives another estimate and other gradients, by far; and another point another
    /// determinant.
    /// </summary>
    [Fact]
    public void OtherInputsGiveOtherResults()
    {
        var series = new Setting(100, 3, [16, 16], Estimate.Series, 4);
        var (expected, other) = (series.Reference(), series.Fast(randn_like(series.Probe)));
        Expect.Close(other["y"], expected["y"], Tolerance, "y");
        foreach (string name in expected.Keys.Where(name => name is not ("y" or "bias 2")))
            Assert.True(Expect.RelativeError(other[name], expected[name]) > 1e-3, name);
        var exact = new Setting(100, 2, [16, 16], Estimate.Exact, 0);
        expected = exact.Reference();
        exact.X.add_(1e-2);
        other = exact.Fast(exact.Probe);
        Assert.All(expected.Keys.Where(name => name != "bias 2"), name =>
            Assert.True(Expect.RelativeError(other[name], expected[name]) > 10 * Tolerance, name)
        );
    }

    /// <summary>Bit for bit, whatever the number of threads.</summary>
    [Fact]
    public void ThreadsDoNotChangeResults()
    {
        var setting = new Setting(300, 2, [33, 17], Estimate.Exact, 0);
        var one = setting.Fast(setting.Probe);
        set_num_threads(3);
        try
        {
            foreach (var (name, value) in setting.Fast(setting.Probe))
                Assert.True(value.equal(one[name]).all().ToBoolean(), name);
        }
        finally
        {
            set_num_threads(1);
        }
    }

    /// <summary>NaN in one example stays in that example and reaches the loss.</summary>
    [Theory, InlineData(Estimate.Exact), InlineData(Estimate.Series)]
    public void NotANumberStaysOne(Estimate estimate)
    {
        var setting = new Setting(70, 2, [6, 6], estimate, 3);
        setting.X[66, 1] = float.NaN;
        var results = setting.Fast(setting.Probe);
        foreach (string name in new[] { "y", "log-determinant" })
        {
            Assert.True(results[name][66].isnan().any().ToBoolean(), name);
            Assert.Equal(1, results[name].view(70, -1).isnan().any(1).sum().item<long>());
        }
    }

    /// <summary>
    /// Evaluation goes there too, with gradients and without, and can be differentiated twice.
    /// </summary>
    [Fact]
    public void EvaluationIsTheSameWithAndWithoutGradients()
    {
        using var backend = Kernels.Use();
        using var scope = NewDisposeScope();
        var setting = new Setting(70, 2, [16, 16], Estimate.Exact, 0);
        var block = new ResidualBlock(setting.Branch, new ExactLogDet());
        block.eval();
        var x = setting.X.detach().requires_grad_();
        var (y, logDet) = block.forward(x);
        var first = autograd.grad([logDet.sum()], [x], retain_graph: true, create_graph: true)[0];
        Assert.True(autograd.grad([first.sum()], [x])[0].isfinite().all().ToBoolean());
        long before = 0;
        for (int i = 0; i < 3; i++)
        {
            before = Tensor.TotalCount;
            using var noGrad = no_grad();
            var (value, determinant) = block.forward(setting.X);
            Expect.Close(value, y, Tolerance, "y");
            Expect.Near(determinant, logDet, Tolerance, "log-determinant");
            value.Dispose();
            determinant.Dispose();
        }
        Assert.Equal(before, Tensor.TotalCount);
    }

    /// <summary>The block itself goes there and refuses what does not fit, as without the kernels.</summary>
    [Fact]
    public void WrongShapesAreRefused()
    {
        using var backend = Kernels.Use();
        var block = new ResidualBlock(new DenseBranch(2, [4]), new NeumannSeries(2));
        block.train();
        Assert.Throws<ShapeException>(() => block.forward(zeros(3, 3)));
        Assert.Throws<ShapeException>(() => block.forward(zeros(0, 2)));
        Assert.Throws<ShapeException>(() => block.forward(zeros(2)));
    }

    /// <summary>A retained graph gives the same gradient again, whatever was done meanwhile.</summary>
    [Fact]
    public void ARetainedGraphCanBeDifferentiatedTwice()
    {
        var setting = new Setting(90, 2, [8, 8], Estimate.Exact, 0);
        var x = setting.X.clone().requires_grad_();
        var (y, logDet) = Kernels.Of(setting.Branch).Step(Kernels.Resources, setting.Branch, new ExactLogDet(), x);
        var loss = y.square().sum() + logDet!.sum();
        loss.backward(retain_graph: true);
        var (first, weight) = (x.grad!.clone(), setting.Branch.Layers[1].Weight.grad!.clone());
        setting.Fast(setting.Probe);
        x.grad = null;
        setting.Branch.zero_grad();
        loss.backward();
        Assert.True(x.grad!.equal(first).all().ToBoolean());
        Assert.True(setting.Branch.Layers[1].Weight.grad!.equal(weight).all().ToBoolean());
    }

    /// <summary>Steps leave nothing behind.</summary>
    [Fact]
    public void DoesNotLeak()
    {
        var setting = new Setting(70, 2, [6, 6], Estimate.Exact, 0);
        void Step()
        {
            using var scope = NewDisposeScope();
            using var backend = Kernels.Use();
            using var step = SpectralStep.Begin(setting.Branch.Layers);
            setting.Fast(setting.Probe);
        }
        Step();
        // Other tests' garbage may be collected meanwhile, so the count is taken around each step: the smallest change
        // is the step's own.
        Assert.Equal(
            0,
            Enumerable
                .Range(0, 20)
                .Min(_ =>
                {
                    long before = Tensor.TotalCount;
                    Step();
                    return Math.Abs(Tensor.TotalCount - before);
                })
        );
    }

    private static void Compare(Setting setting)
    {
        var fast = setting.Fast(setting.Probe);
        var reference = setting.Reference();
        Assert.Equal(reference.Keys, fast.Keys);
        foreach (var (name, expected) in reference)
            Expect.Close(fast[name], expected, Tolerance, $"{setting}, {name}");
    }

    /// <summary>One block with fixed weights, input, probe and cotangents.</summary>
    private sealed class Setting
    {
        private readonly string _name;
        private readonly Estimate _estimate;
        private readonly int _terms;
        private readonly Tensor _y,
            _logDet;

        public Setting(
            int examples,
            int features,
            int[] hidden,
            Estimate estimate,
            int terms,
            ActivationKind? activation = null
        )
        {
            Kernels.Need();
            _name = $"{activation}, {examples} of {features}-{string.Join('-', hidden)}, {estimate} {terms}";
            (_estimate, _terms) = (estimate, terms);
            manual_seed(examples + features);
            Branch = new DenseBranch(features, hidden, activation: activation);
            // Initial weights are far below the bound: enlarged, the normalization's own gradient takes part.
            using (no_grad())
                foreach (var layer in Branch.Layers)
                    layer.Weight.mul_(4);
            Branch.PowerIteration();
            (X, Probe, _y, _logDet) = (
                randn(examples, features),
                randn(examples, features),
                randn(examples, features),
                randn(examples)
            );
        }

        public DenseBranch Branch { get; }

        public Tensor X { get; }

        public Tensor Probe { get; }

        public override string ToString() => _name;

        public Dictionary<string, Tensor> Fast(Tensor probe) => Differentiate(ScalarType.Float32, x =>
            {
                var (y, logDet) = Kernels.Of(Branch).Step(Kernels.Resources, Branch, Estimator(probe), x);
                return (y, logDet ?? zeros_like(_logDet));
            });

        public Dictionary<string, Tensor> Reference() => Differentiate(ScalarType.Float64, x =>
            {
                var g = Branch.Linearize(x);
                return (x + g.Value, Estimator(Probe).Estimate(g));
            });

        private LogDetEstimator Estimator(Tensor probe) =>
            _estimate switch
            {
                Estimate.Exact => new ExactLogDet(),
                Estimate.Series => new NeumannSeries(_terms, 1, new FixedProbes(probe)),
                _ => new NoLogDet(),
            };

        private Dictionary<string, Tensor> Differentiate(ScalarType dtype, Func<Tensor, (Tensor, Tensor)> block) =>
            BlockGradients.Of(Branch, dtype, X, (_y, _logDet), block);
    }
}
