using IResNet.Cpu;

namespace IResNet.Tests.Cpu;

/// <summary>
/// The vector kernels' training step computes what torch's operations compute: value, estimate and every gradient,
/// judged in float64.
/// </summary>
public class ConvBlockFunctionTests
{
    // A few float32 rounding units: sums here are as long as torch's own, which stays within the same bound.
    private const double Tolerance = 5e-6;

    /// <summary>
    /// Examples, channels, height, width, hidden, leading activation, terms. Odd sizes leave lanes, tiles and planes
    /// partly empty.
    /// </summary>
    public static TheoryData<int, int, int, int, int, bool, int> Shapes =>
        new()
        {
            { 32, 12, 16, 16, 32, true, 5 },
            { 32, 4, 14, 14, 32, false, 5 },
            { 20, 3, 5, 7, 6, true, 3 },
            { 5, 1, 3, 2, 3, false, 2 },
            { 16, 8, 7, 7, 32, true, 1 },
            { 33, 6, 4, 4, 10, true, 0 },
            { 17, 2, 1, 1, 5, false, 0 },
            // Few examples and many hidden channels: matrix products.
            { 4, 6, 5, 7, 70, true, 5 },
            { 3, 3, 4, 4, 64, false, 3 },
            { 7, 5, 4, 6, 96, true, 1 },
            { 1, 2, 1, 3, 100, true, 0 },
            { 2, 48, 4, 4, 128, true, 4 },
        };

    [Theory, MemberData(nameof(Shapes))]
    public void EqualsTorch(int examples, int channels, int height, int width, int hidden, bool leading, int terms)
    {
        foreach (var activation in Kernels.Activations)
        {
            using var scope = NewDisposeScope();
            var setting = new Setting(examples, channels, height, width, hidden, leading, terms, activation);
            var fast = setting.Fast(setting.Probe);
            var reference = setting.Reference();
            Assert.Equal(reference.Keys, fast.Keys);
            foreach (var (name, expected) in reference)
                Expect.Close(fast[name], expected, Tolerance, $"{activation}, {name}");
        }
    }

    /// <summary>Negative control: with another probe the estimate and the gradients differ, by far.</summary>
    [Fact]
    public void OtherProbesGiveOtherGradients()
    {
        var setting = new Setting(32, 4, 6, 6, 16, leading: true, terms: 4);
        var reference = setting.Reference();
        var other = setting.Fast(randn_like(setting.Probe));
        Expect.Close(other["y"], reference["y"], Tolerance, "y");
        foreach (string name in reference.Keys.Where(name => name is not ("y" or "bias 2")))
            Assert.True(Expect.RelativeError(other[name], reference[name]) > 1e-3, name);
    }

    /// <summary>Bit for bit, whatever the number of threads.</summary>
    [Fact]
    public void ThreadsDoNotChangeResults()
    {
        var setting = new Setting(70, 5, 6, 6, 9, leading: true, terms: 3, ActivationKind.LipSwish);
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

    /// <summary>
    /// NaN in one example stays in that example and reaches the loss; it is not taken for a number by a minimum or a
    /// comparison.
    /// </summary>
    [Fact]
    public void NotANumberStaysOne()
    {
        foreach (var activation in Kernels.Activations)
        {
            var setting = new Setting(18, 3, 4, 4, 6, leading: true, terms: 2, activation);
            setting.X[7, 1, 2, 2] = float.NaN;
            var y = setting.Fast(setting.Probe)["y"];
            Assert.True(y[7].isnan().any().ToBoolean(), activation.Name);
            Assert.False(y.narrow(0, 8, 10).isnan().any().ToBoolean(), activation.Name);
        }
    }

    /// <summary>
    /// A retained graph gives the same gradient again, though the first pass has given its memory back and another step
    /// has used it.
    /// </summary>
    [Fact]
    public void ARetainedGraphCanBeDifferentiatedTwice()
    {
        var setting = new Setting(18, 4, 5, 5, 8, leading: true, terms: 3, ActivationKind.LipSwish);
        var branch = setting.Branch;
        var x = setting.X.clone().requires_grad_();
        var (y, logDet) = Kernels.Of(branch).Step(Kernels.Resources, branch, new NeumannSeries(3), x);
        var loss = y.square().sum() + logDet!.sum();
        loss.backward(retain_graph: true);
        var (first, weight) = (x.grad!.clone(), branch.Layers[1].Weight.grad!.clone());
        setting.Fast(setting.Probe);
        x.grad = null;
        branch.zero_grad();
        loss.backward();
        Assert.True(x.grad!.equal(first).all().ToBoolean());
        Assert.True(branch.Layers[1].Weight.grad!.equal(weight).all().ToBoolean());
    }

    /// <summary>Steps leave nothing behind.</summary>
    [Fact]
    public void DoesNotLeak()
    {
        var setting = new Setting(16, 3, 4, 4, 6, leading: true, terms: 2);
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

    /// <summary>
    /// Forward passes whose gradient nobody takes do not pile up: 5 GB of maps in all, of which little is there at a
    /// time.
    /// </summary>
    [Fact]
    public void ForgottenGraphsAreCollected()
    {
        var setting = new Setting(64, 16, 32, 32, 32, leading: true, terms: 1);
        for (int i = 0; i < 60; i++)
        {
            using var scope = NewDisposeScope();
            Kernels.Of(setting.Branch).Step(Kernels.Resources, setting.Branch, new NeumannSeries(1), setting.X);
        }
        GC.Collect();
        GC.WaitForPendingFinalizers();
        NativeRuntime.TrimMemory();
        Assert.InRange(Environment.WorkingSet, 0, 3L << 30);
    }

    /// <summary>One block with fixed weights, input, probe and cotangents.</summary>
    private sealed class Setting
    {
        private readonly ConvBranch _branch;
        private readonly Tensor _y,
            _logDet;
        private readonly int _terms;

        public Setting(
            int examples,
            int channels,
            int height,
            int width,
            int hidden,
            bool leading,
            int terms,
            ActivationKind? activation = null
        )
        {
            Kernels.Need();
            manual_seed(examples + channels);
            _branch = new ConvBranch(
                new ImageShape(channels, height, width),
                hidden,
                new SpectralNormOptions(),
                activation,
                leading
            );
            // Initial weights are far below the bound: enlarged, the normalization's own gradient takes part.
            using (no_grad())
                foreach (var layer in _branch.Layers)
                    layer.Weight.mul_(4);
            _branch.PowerIteration();
            (X, Probe, _y) = (
                randn(examples, channels, height, width),
                randn(examples, channels, height, width),
                randn(examples, channels, height, width)
            );
            (_logDet, _terms) = (randn(examples), terms);
        }

        public Tensor X { get; }

        public Tensor Probe { get; }

        public ConvBranch Branch => _branch;

        public Dictionary<string, Tensor> Fast(Tensor probe) => Differentiate(ScalarType.Float32, x =>
            {
                var (y, logDet) = Kernels
                    .Of(_branch)
                    .Step(
                        Kernels.Resources,
                        _branch,
                        _terms > 0 ? new NeumannSeries(_terms, 1, new FixedProbes(probe)) : new NoLogDet(),
                        x
                    );
                return (y, logDet ?? zeros_like(_logDet));
            });

        public Dictionary<string, Tensor> Reference() => Differentiate(ScalarType.Float64, x =>
            {
                var g = _branch.Linearize(x);
                return (
                    x + g.Value,
                    _terms > 0 ? new NeumannSeries(_terms, 1, new FixedProbes(Probe)).Estimate(g) : zeros_like(_logDet)
                );
            });

        private Dictionary<string, Tensor> Differentiate(ScalarType dtype, Func<Tensor, (Tensor, Tensor)> block) =>
            BlockGradients.Of(_branch, dtype, X, (_y, _logDet), block);
    }
}
