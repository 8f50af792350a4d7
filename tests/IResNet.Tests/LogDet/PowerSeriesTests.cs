
namespace IResNet.Tests.LogDet;

/// <summary>Algorithm 2 and Theorem 3.</summary>
public class PowerSeriesTests
{
    /// <summary>
    /// Every partial sum against powers of libtorch's own Jacobian, with exact traces; and the mutations that this must
    /// catch.
    /// </summary>
    [Theory, MemberData(nameof(BranchCases.Rows), MemberType = typeof(BranchCases))]
    public void PartialSumsAreThoseOfTheTraces(string kind, ActivationKind activation)
    {
        using var scope = NewDisposeScope();
        var (branch, x) = BranchCases.Create(kind, activation, seed: 1);
        var expected = PartialSums(branch, x, terms: 6);
        var g = branch.Linearize(x);
        for (int n = 1; n <= 6; n++)
        {
            Expect.Near(
                new PowerSeries(n, (int)g.Dimensions, new UnitVectors()).Estimate(g),
                expected[n - 1],
                1e-12,
                $"{n} terms"
            );
            double Error(Func<int, double> coefficient) => Expect.MaxAbs(Mutated(g, n, coefficient) - expected[n - 1]);
            Assert.InRange(Error(k => (k % 2 == 1 ? 1.0 : -1.0) / k), 0, 1e-12);
            if (n == 1)
                continue;
            Assert.True(Error(k => 1.0 / k) > 1e-9, "alternating signs forgotten");
            Assert.True(Error(k => (k % 2 == 1 ? 1.0 : -1.0) / (k + 1)) > 1e-9, "divisor off by one");
            Assert.True(Error(k => k % 2 == 1 ? 1.0 : -1.0) > 1e-9, "divisor forgotten");
            Assert.True(Error(k => k == n ? 0 : (k % 2 == 1 ? 1.0 : -1.0) / k) > 1e-11, "last term forgotten");
        }
    }

    /// <summary>
    /// The sum over k of (-1)^(k+1) v.J^k v / k for the very probes drawn, averaged over the samples.
    /// </summary>
    [Theory, InlineData(1, 1), InlineData(5, 1), InlineData(4, 3)]
    public void EstimateIsTheQuadraticFormOfTheProbes(int terms, int samples)
    {
        using var scope = NewDisposeScope();
        var (branch, x) = BranchCases.Create("convolutional", ActivationKind.Elu, seed: 2);
        var probes = Draw.Normal([samples * x.size(0), .. x.shape.Skip(1)]);
        var jacobian = Jacobians.Of(branch.forward, x);
        var v = probes.view(samples, x.size(0), -1);
        var expected = zeros(x.size(0), ScalarType.Float64);
        for (int sample = 0; sample < samples; sample++)
        {
            var power = v[sample].unsqueeze(2);
            for (int k = 1; k <= terms; k++)
            {
                power = jacobian.bmm(power);
                expected = expected + (power.squeeze(2) * v[sample]).sum(1) * (k % 2 == 1 ? 1.0 : -1.0) / k / samples;
            }
        }
        Expect.Near(
            new PowerSeries(terms, samples, new FixedProbes(probes)).Estimate(branch.Linearize(x)),
            expected,
            1e-12,
            "estimate"
        );
    }

    /// <summary>The truncation error stays within Theorem 3's bound, and shrinks to nothing.</summary>
    [Theory, MemberData(nameof(BranchCases.Rows), MemberType = typeof(BranchCases))]
    public void TruncationStaysWithinTheorem3(string kind, ActivationKind activation)
    {
        using var scope = NewDisposeScope();
        var (branch, x) = BranchCases.Create(kind, activation, seed: 3);
        branch.Freeze(FrozenNorm.Certified);
        double lipschitz = branch.LipschitzBound();
        var g = branch.Linearize(x);
        var exact = new ExactLogDet().Estimate(g);
        double last = double.PositiveInfinity;
        foreach (int n in new[] { 1, 2, 3, 5, 10, 20, 60 })
        {
            last = Expect.MaxAbs(new PowerSeries(n, (int)g.Dimensions, new UnitVectors()).Estimate(g) - exact);
            Assert.InRange(last, 0, TruncationBound.Of(lipschitz, g.Dimensions, n) + 1e-12);
        }
        Assert.InRange(last, 0, 1e-8);
    }

    /// <summary>
    /// For g(x) = -L x the bound is the error itself, so a bound of one term more, or one dimension less, would be
    /// false.
    /// </summary>
    [Theory, InlineData(0.3), InlineData(0.729), InlineData(0.95)]
    public void Theorem3IsSharp(double lipschitz)
    {
        using var scope = NewDisposeScope();
        var branch = LinearBranch.Create(-lipschitz, dimensions: 3);
        var g = branch.Linearize(Draw.Normal(2, 3));
        for (int n = 1; n <= 20; n++)
        {
            double error = Expect.MaxAbs(
                new PowerSeries(n, 3, new UnitVectors()).Estimate(g) - 3 * Math.Log(1 - lipschitz)
            );
            if (error < 1e-10)
                break;
            Assert.Equal(1, error / TruncationBound.Of(lipschitz, 3, n), 1e-4);
            Assert.True(error > 1.01 * TruncationBound.Of(lipschitz, 3, n + 1));
        }
    }

    [Fact]
    public void CountsBelowOneAreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new PowerSeries(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PowerSeries(1, samples: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new NeumannSeries(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new NeumannSeries(1, samples: 0));
    }

    private static Tensor[] PartialSums(ResidualBranch branch, Tensor x, int terms)
    {
        var jacobian = Jacobians.Of(branch.forward, x);
        var (power, sum, sums) = (jacobian, zeros(x.size(0), ScalarType.Float64), new Tensor[terms]);
        for (int k = 1; k <= terms; k++)
        {
            sum = sum + power.diagonal(0, 1, 2).sum(1) * (k % 2 == 1 ? 1.0 : -1.0) / k;
            sums[k - 1] = sum;
            power = power.bmm(jacobian);
        }
        return sums;
    }

    /// <summary>A series with other coefficients, exact traces.</summary>
    private static Tensor Mutated(Linearization g, int terms, Func<int, double> coefficient)
    {
        var v = new UnitVectors().Draw((int)g.Dimensions, g.Shape, g.Value);
        var (w, sum) = (v, zeros(v.size(0), ScalarType.Float64));
        for (int k = 1; k <= terms; k++)
        {
            w = g.Vjp(w);
            sum = sum + coefficient(k) * (w * v).flatten(1).sum(1);
        }
        return sum.view(-1, g.BatchSize).mean([0]);
    }
}
