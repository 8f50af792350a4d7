using IResNet.Experiments.Figures;

namespace IResNet.Tests.Programs.Experiments.Figures;

/// <summary>Crossings against sets of them that are known beforehand.</summary>
public class TrajectoriesTests
{
    [Fact]
    public void PathsThatKeepTheirOrderDoNotCross()
    {
        double[] starts = [-2, -1, 0, 0.5, 2];
        // Increasing functions of every kind, one after another: they may come as close as they like.
        var paths = new Trajectories([
            starts,
            [.. starts.Select(Math.Exp)],
            [.. starts.Select(x => Math.Exp(x) + 100)],
            [.. starts.Select(x => 1e-9 * x)],
        ]);
        Assert.Empty(paths.Crossings());
        Assert.All(paths.Derivatives(3), derivative => Assert.Equal(1e-9, derivative, 1e-15));
    }

    [Fact]
    public void TwoStraightPiecesCrossWhereTheyCross()
    {
        // From (0, 0) to (1, 3), and from (0, 1) to (1, 0): 3 s = 1 - s at s = 1/4.
        var crossing = Assert.Single(
            new Trajectories([
                [0, 1],
                [3, 0],
            ]).Crossings()
        );
        Assert.Equal((0.25, 0.75, 0, 1), (crossing.Depth, crossing.Position, crossing.First, crossing.Second));
    }

    /// <summary>A reflection turns every pair around; doing it twice does so twice.</summary>
    [Theory]
    [InlineData(2), InlineData(5), InlineData(12)]
    public void AReflectionCrossesEveryPair(int count)
    {
        double[] starts = [.. Enumerable.Range(0, count).Select(i => i * i + 0.25 * i)],
            mirrored = [.. starts.Select(x => -x)];
        int pairs = count * (count - 1) / 2;
        Assert.Equal(pairs, new Trajectories([starts, mirrored]).Crossings().Count);
        var twice = new Trajectories([starts, mirrored, starts]).Crossings();
        Assert.Equal(2 * pairs, twice.Count);
        Assert.Equal(pairs, twice.Count(crossing => crossing.Depth > 1));
        Assert.All(twice, crossing => Assert.InRange(crossing.Depth % 1, 0.01, 0.99));
    }

    /// <summary>
    /// Paths that run into each other meet once, whether they stay together, go on across or turn back.
    /// </summary>
    [Theory]
    [InlineData(1.0), InlineData(0.0), InlineData(2.0)]
    public void AMeetingAtABlockCountsOnce(double next)
    {
        var crossing = Assert.Single(
            new Trajectories([
                [0, 2],
                [1, 1],
                [next, 2 - next],
            ]).Crossings()
        );
        Assert.Equal((1, 1), (crossing.Depth, crossing.Position));
    }

    [Fact]
    public void DerivativesAreThoseOfTheFunctionSoFar()
    {
        double[] starts = [0, 1, 3];
        var paths = new Trajectories([starts, [0, 5, 3]]);
        Assert.Equal([1, 1], paths.Derivatives(0));
        Assert.Equal([5, -1], paths.Derivatives(1));
        Assert.Throws<InvalidOperationException>(() =>
            new Trajectories([
                [1, 0],
            ]).Derivatives(0)
        );
    }

    [Fact]
    public void WhatIsNoSetOfPathsIsRefused()
    {
        Assert.Throws<ArgumentException>(() => new Trajectories([]));
        Assert.Throws<ArgumentException>(() =>
            new Trajectories([
                [0, 1],
                [0],
            ])
        );
        Assert.Throws<ArgumentException>(() =>
            new Trajectories([
                [0, 1],
                [0, double.NaN],
            ])
        );
    }
}
