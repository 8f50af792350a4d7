using IResNet.Experiments.Training;

namespace IResNet.Tests.Programs.Experiments.Training;

/// <summary>
/// Networks on the line: the normalised one cannot make paths cross whatever it learned, the plain one can.
/// </summary>
public class LineDynamicsTests
{
    private static readonly double[] Starts = [.. Enumerable.Range(0, 201).Select(i => -2 + 0.02 * i)];

    private static readonly LineDynamicsOptions Options = new()
    {
        Blocks = 8,
        Hidden = [16],
        Batch = 64,
        Steps = 60,
        LearningRate = 0.05,
    };

    [Fact]
    public async Task TheNormalisedNetworkLearnsAndNeverCrosses()
    {
        using var network = await LineDynamics.Train(Options, TestContext.Current.CancellationToken);
        Assert.True(network.Losses.TakeLast(10).Average() < 0.5 * network.Losses.Take(10).Average());
        var paths = network.Trajectories(Starts);
        Assert.Equal((8, 201), (paths.Depth, paths.Count));
        Assert.Empty(paths.Crossings());
        // Lemma 2: derivatives after a block lie between 1 - L and 1 + L times those before it.
        for (int block = 0; block < 8; block++)
        {
            double lipschitz = network.Blocks[block].Branch.LipschitzBound();
            Assert.InRange(lipschitz, 0.1, 0.81 + 1e-6);
            foreach (var (before, after) in paths.Derivatives(block).Zip(paths.Derivatives(block + 1)))
                Assert.InRange(after / before, 1 - lipschitz - 1e-9, 1 + lipschitz + 1e-9);
        }
    }

    /// <summary>
    /// The negative control: the same network and training without normalization folds the line at a rate this high.
    /// </summary>
    [Fact]
    public async Task ThePlainNetworkCrosses()
    {
        using var network = await LineDynamics.Train(
            Options with
            {
                SpectralNorm = new() { Enabled = false },
            },
            TestContext.Current.CancellationToken
        );
        Assert.NotEmpty(network.Trajectories(Starts).Crossings());
        Assert.Contains(network.Blocks, block => block.Branch.LipschitzBound() > 1);
    }

    [Fact]
    public async Task TheSeedDecides()
    {
        var options = Options with { Steps = 3 };
        using var first = await LineDynamics.Train(options, TestContext.Current.CancellationToken);
        using var same = await LineDynamics.Train(options, TestContext.Current.CancellationToken);
        using var other = await LineDynamics.Train(options with { Seed = 2 }, TestContext.Current.CancellationToken);
        Assert.Equal(first.Trajectories(Starts).At(8), same.Trajectories(Starts).At(8));
        Assert.NotEqual(first.Trajectories(Starts).At(8), other.Trajectories(Starts).At(8));
    }

    [Fact]
    public async Task ImpossibleSizesAreRefused()
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() =>
            LineDynamics.Train(Options with { Blocks = 7 }, TestContext.Current.CancellationToken)
        );
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() =>
            LineDynamics.Train(Options with { Steps = 0 }, TestContext.Current.CancellationToken)
        );
    }
}
