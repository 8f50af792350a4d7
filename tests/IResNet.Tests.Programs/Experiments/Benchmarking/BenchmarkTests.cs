using IResNet.Experiments.Benchmarking;
using IResNet.Experiments.Configuration;

namespace IResNet.Tests.Programs.Experiments.Benchmarking;

/// <summary>What can be said of benchmarks without asserting times.</summary>
public class BenchmarkTests
{
    private static readonly BenchmarkSettings Brief = new(TimeSpan.FromMilliseconds(1), Threads: 1);

    [Fact]
    public void NamesAreKnownAndUnknownOnesListThem()
    {
        Assert.Equal(Benchmark.Cases.Count, Benchmark.Cases.Select(benchmark => benchmark.Name).Distinct().Count());
        Assert.Equal("spectral_norm", Benchmark.Find("spectral_norm").Name);
        Assert.Contains(
            "toy_100blocks_b500_exact",
            Assert.Throws<ConfigurationException>(() => Benchmark.Find("nothing")).Message
        );
    }

    /// <summary>A report's figures belong together.</summary>
    [Fact]
    public void ACaseReportsTimeMemoryAndBound()
    {
        var report = Benchmark.Run(Benchmark.Find("spectral_norm"), Brief);
        Assert.True(report.Runs >= 3);
        Assert.InRange(report.Min, 1e-6, report.Median);
        Assert.InRange(report.MemoryBefore, 1, report.PeakMemory);
        Assert.Equal(report.Operations!.Value / report.ConvolutionRate, report.LowerBound!.Value, 6);
    }

    /// <summary>
    /// Operations by hand: a chain of the cifar model at batch 32 has 0.881 GFLOP and a step with n terms 3 + n + 2 of
    /// them, or 3 + 3 n with the paper's gradient; power iterations are the same for all.
    /// </summary>
    [Theory]
    [InlineData(LogDetGradient.Neumann, 1)]
    [InlineData(LogDetGradient.Paper, 3)]
    public void OperationsGrowWithTermsAsTheAlgorithmSays(LogDetGradient gradient, int chainsATerm)
    {
        var points = Scaling.Measure("terms", Brief with { Gradient = gradient }).ToDictionary(point => point.Value);
        Assert.Equal(chainsATerm * 0.881, points[2].Operations - points[1].Operations, 0.001);
        Assert.Equal(chainsATerm * 10 * 0.881, points[20].Operations - points[10].Operations, 0.01);
        Assert.All(points.Values, point => Assert.InRange(point.Minimum, 1e-6, point.Median));
    }

    /// <summary>The common setting lies among the values of every quantity, or the curves would not meet.</summary>
    [Fact]
    public void CurvesMeetAtTheCommonSetting()
    {
        int[] usual = [Scaling.Terms, Scaling.Batch, Scaling.Blocks, Scaling.Channels, Scaling.Side];
        Assert.All(Scaling.Quantities.Values.Zip(usual), pair => Assert.Contains(pair.Second, pair.First));
    }

    [Fact]
    public void PartsOfAStep()
    {
        var config = new FlowConfig
        {
            Input = new(1, 8, 8),
            InitialSqueeze = true,
            Blocks = [1],
            Strides = [1],
            Hidden = [4],
        };
        var parts = StepParts.Measure(config, batch: 8, terms: 2, Brief);
        Assert.Equal(
            ["spectral normalization", "residual branches", "log-determinant", "backward", "optimiser"],
            parts.Select(part => part.Name)
        );
        Assert.True(parts.Sum(part => part.Seconds) > parts[0].Seconds);
    }
}
