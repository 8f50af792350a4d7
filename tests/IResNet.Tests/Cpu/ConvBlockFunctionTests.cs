using IResNet.Cpu;

namespace IResNet.Tests.Cpu;

/// <summary>
/// The vector kernels' training step computes what torch's operations compute: value, estimate and every gradient,
/// judged in float64.
/// </summary>
public class ConvBlockFunctionTests : BlockFunctionTests
{
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
            DemandEquality(
                Create(examples, channels, height, width, hidden, leading, terms, activation),
                $"{activation}, {examples} of {channels}x{height}x{width}, width {hidden}, {terms} terms"
            );
        }
    }

    [Fact]
    public void OtherProbesGiveOtherGradients() =>
        DemandOtherGradients(Create(32, 4, 6, 6, 16, leading: true, terms: 4));

    /// <summary>
    /// NaN in one example stays in that example and reaches the loss; it is not taken for a number by a minimum or a
    /// comparison.
    /// </summary>
    [Fact]
    public void NotANumberStaysOne()
    {
        foreach (var activation in Kernels.Activations)
        {
            var setting = Create(18, 3, 4, 4, 6, leading: true, terms: 2, activation);
            setting.X[7, 1, 2, 2] = float.NaN;
            var y = setting.Fast(setting.Probe)["y"];
            Assert.True(y[7].isnan().any().ToBoolean(), activation.Name);
            Assert.False(y.narrow(0, 8, 10).isnan().any().ToBoolean(), activation.Name);
        }
    }

    /// <summary>
    /// Forward passes whose gradient nobody takes do not pile up: 5 GB of maps in all, of which little is there at a
    /// time.
    /// </summary>
    [Fact]
    public void ForgottenGraphsAreCollected()
    {
        var setting = Create(64, 16, 32, 32, 32, leading: true, terms: 1);
        for (int i = 0; i < 60; i++)
        {
            using var scope = NewDisposeScope();
            setting.Kernel(setting.X, setting.Probe);
        }
        GC.Collect();
        GC.WaitForPendingFinalizers();
        NativeRuntime.TrimMemory();
        Assert.InRange(Environment.WorkingSet, 0, 3L << 30);
    }

    private protected override BlockSetting Uneven =>
        Create(70, 5, 6, 6, 9, leading: true, terms: 3, ActivationKind.LipSwish);

    private static BlockSetting Create(
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
        var branch = new ConvBranch(
            new ImageShape(channels, height, width),
            hidden,
            new SpectralNormOptions(),
            activation,
            leading
        );
        return new(
            branch,
            [examples, channels, height, width],
            probe => terms > 0 ? new NeumannSeries(terms, 1, new FixedProbes(probe)) : new NoLogDet(),
            (estimator, x) => Kernels.Of(branch).Step(Kernels.Resources, branch, estimator, x)
        );
    }
}
