namespace IResNet.Tests.Cpu;

/// <summary>
/// The default inverse in the vector kernels finds what Algorithm 1 finds in float64, says truly how well, and fails
/// where it must.
/// </summary>
public class InterleavedInverseTests
{
    private const double Tolerance = 2e-6;

    /// <summary>Examples, channels, height, width, hidden, leading activation, scale of the weights.</summary>
    public static TheoryData<int, int, int, int, int, bool, double> Shapes =>
        new()
        {
            { 32, 12, 8, 8, 32, true, 8 },
            { 32, 4, 14, 14, 32, false, 8 },
            { 20, 3, 5, 7, 6, true, 20 },
            { 33, 6, 4, 4, 10, false, 20 },
            { 8, 1, 3, 2, 3, true, 1 },
            { 16, 2, 1, 1, 5, true, 0 },
        };

    [Theory, MemberData(nameof(Shapes))]
    public void FindsTheFixedPoint(
        int examples,
        int channels,
        int height,
        int width,
        int hidden,
        bool leading,
        double scale
    )
    {
        using var backend = Kernels.Use();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (block, y) = Create(examples, channels, height, width, hidden, leading, scale);
        block.Branch.Freeze(FrozenNorm.Certified);
        var result = block.Inverse(y, Tolerance);
        double residual = Expect.MaxAbs(result.Value + block.Branch.forward(result.Value) - y);
        Assert.InRange(result.Residual, 0, Tolerance);
        Assert.InRange(residual, 0, Tolerance + 8 * finfo(ScalarType.Float32).eps * Expect.MaxAbs(y));
        int plain = block.Inverse(y, new FixedPoint(Tolerance)).Iterations;
        Assert.InRange(result.Iterations, 1, plain + 2);

        var exact = Exact(block, y);
        double error = (result.Value.to(ScalarType.Float64) - exact).flatten(1).norm(1).max().ToDouble();
        Assert.InRange(error, 0, result.ErrorBound + 1e-5);
        if (scale > 0)
            Assert.True(
                (y.to(ScalarType.Float64) - exact).flatten(1).norm(1).max().ToDouble() > 100 * result.ErrorBound,
                "negative control: y itself is no solution"
            );
    }

    /// <summary>The same example by example, which narrower vectors take.</summary>
    [Fact]
    public void IsTheSameExampleByExample()
    {
        using var backend = Kernels.Use();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (block, y) = Create(24, 4, 6, 6, 12, leading: true, 10);
        block.Branch.Freeze(FrozenNorm.Certified);
        var whole = block.Inverse(y, Tolerance).Value;
        for (int i = 0; i < 24; i++)
            Expect.Near(whole[i], block.Inverse(y.narrow(0, i, 1), Tolerance).Value[0], 3 * Tolerance, $"example {i}");
    }

    [Fact]
    public void ThreadsDoNotChangeResults()
    {
        using var backend = Kernels.Use();
        using var scope = NewDisposeScope();
        var (block, y) = Create(70, 5, 6, 6, 9, leading: true, 10);
        var one = block.Inverse(y, Tolerance);
        set_num_threads(3);
        try
        {
            var three = block.Inverse(y, Tolerance);
            Assert.True(three.Value.equal(one.Value).all().ToBoolean());
            Assert.Equal(
                (one.Iterations, one.Residual, one.ErrorBound),
                (three.Iterations, three.Residual, three.ErrorBound)
            );
        }
        finally
        {
            set_num_threads(1);
        }
    }

    /// <summary>
    /// Lanes without an example do not decide when to stop: one example more, far out, and a batch that fills its
    /// group.
    /// </summary>
    [Fact]
    public void EmptyLanesTakeNoPart()
    {
        using var backend = Kernels.Use();
        using var scope = NewDisposeScope();
        var (block, y) = Create(16, 3, 4, 4, 8, leading: false, 20);
        block.Branch.Freeze(FrozenNorm.Certified);
        var full = block.Inverse(cat([y.narrow(0, 0, 9), y.narrow(0, 0, 7)]), Tolerance);
        var part = block.Inverse(y.narrow(0, 0, 9), Tolerance);
        Expect.Near(part.Value, full.Value.narrow(0, 0, 9), 2 * Tolerance, "x");
        Assert.Equal(full.Residual, part.Residual, 1e-6);
    }

    [Fact]
    public void NoContractionIsSaid()
    {
        using var backend = Kernels.Use();
        using var scope = NewDisposeScope();
        var (block, y) = Create(20, 3, 5, 5, 6, leading: true, 30, new SpectralNormOptions { Enabled = false });
        var fault = Assert.Throws<NonConvergenceException>(() => block.Inverse(y));
        Assert.InRange(fault.Iterations, 1, 1000);
        Assert.False(fault.Residual <= 1e-6);
        Assert.Contains("Chebyshev", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void BadInputIsRefused()
    {
        using var backend = Kernels.Use();
        using var scope = NewDisposeScope();
        var (block, y) = Create(20, 3, 5, 5, 6, leading: true, 5);
        Assert.Throws<ShapeException>(() => block.Inverse(zeros(20, 3, 5, 4)));
        Assert.Throws<ShapeException>(() => block.Inverse(zeros(20, 3, 0, 5)));
        y[3, 1, 2, 2] = float.NaN;
        Assert.Throws<NonFiniteException>(() => block.Inverse(y));
    }

    [Fact]
    public void DoesNotLeak()
    {
        using var backend = Kernels.Use();
        var (block, y) = Create(20, 3, 5, 5, 6, leading: true, 5);
        void Solve() => block.Inverse(y).Value.Dispose();
        Solve();
        Assert.Equal(0, LiveTensors.Leak(Solve));
    }

    private static (ResidualBlock, Tensor) Create(
        int examples,
        int channels,
        int height,
        int width,
        int hidden,
        bool leading,
        double scale,
        SpectralNormOptions? options = null
    )
    {
        manual_seed(examples + channels);
        var branch = new ConvBranch(
            new ImageShape(channels, height, width),
            hidden,
            options ?? new SpectralNormOptions(),
            ActivationKind.Elu,
            leading
        );
        using (no_grad())
            foreach (var layer in branch.Layers)
                layer.Weight.mul_(scale);
        branch.PowerIteration();
        var block = new ResidualBlock(branch, new NoLogDet());
        block.eval();
        return (block, randn(examples, channels, height, width));
    }

    /// <summary>In float64 with the weights in use in float32, by Algorithm 1.</summary>
    private static Tensor Exact(ResidualBlock block, Tensor y)
    {
        var x = y.to(ScalarType.Float64);
        var weights = block
            .Branch.Layers.Select(layer =>
                (layer.EffectiveWeight().to(ScalarType.Float64), layer.Bias.to(ScalarType.Float64))
            )
            .ToArray();
        for (int i = 0; i < 300; i++)
        {
            var h = x;
            for (int layer = 0; layer < 3; layer++)
            {
                if (layer > 0 || ((ConvBranch)block.Branch).LeadingActivation)
                    h = h.elu();
                h = nn.functional.conv2d(
                    h,
                    weights[layer].Item1,
                    weights[layer].Item2,
                    padding: layer == 1 ? [0, 0] : [1, 1]
                );
            }
            x = y.to(ScalarType.Float64) - h;
        }
        return x;
    }
}
