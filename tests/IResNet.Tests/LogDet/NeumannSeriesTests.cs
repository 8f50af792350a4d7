
namespace IResNet.Tests.LogDet;

/// <summary>The cheap gradient against the direct one, with the same random numbers.</summary>
public class NeumannSeriesTests
{
    private const double Tolerance = 1e-10;

    [Theory, MemberData(nameof(BranchCases.Rows), MemberType = typeof(BranchCases))]
    public void ValueIsThatOfThePowerSeries(string kind, ActivationKind activation)
    {
        using var scope = NewDisposeScope();
        var (branch, x) = BranchCases.Create(kind, activation, seed: 1);
        var g = branch.Linearize(x);
        foreach (int samples in new[] { 1, 3 })
            for (int n = 1; n <= 8; n++)
            {
                var probes = new FixedProbes(Draw.Normal([samples * x.size(0), .. x.shape.Skip(1)]));
                Expect.Near(
                    new NeumannSeries(n, samples, probes).Estimate(g),
                    new PowerSeries(n, samples, probes).Estimate(g),
                    1e-12,
                    $"{n} terms, {samples} samples"
                );
            }
    }

    [Theory, MemberData(nameof(BranchCases.Rows), MemberType = typeof(BranchCases))]
    public void GradientOfOneTermAgreesForEveryProbe(string kind, ActivationKind activation)
    {
        using var scope = NewDisposeScope();
        var (branch, x) = BranchCases.Create(kind, activation, seed: 2);
        var probes = new FixedProbes(Draw.Normal(x.shape));
        Assert.InRange(
            GradientError(branch, x, new NeumannSeries(1, 1, probes), new PowerSeries(1, 1, probes)),
            0,
            Tolerance
        );
    }

    /// <summary>
    /// The mean over any complete orthogonal set of probes is exact, for the unit vectors and for a random rotation of
    /// them.
    /// </summary>
    [Theory, MemberData(nameof(BranchCases.Rows), MemberType = typeof(BranchCases))]
    public void GradientAgreesOverCompleteProbes(string kind, ActivationKind activation)
    {
        using var scope = NewDisposeScope();
        var (branch, x) = BranchCases.Create(kind, activation, seed: 3);
        int d = (int)(x.numel() / x.size(0));
        foreach (var probes in new Probes[] { new UnitVectors(), new FixedProbes(Rotated(d, x)) })
            Assert.InRange(
                GradientError(branch, x, new NeumannSeries(5, d, probes), new PowerSeries(5, d, probes)),
                0,
                Tolerance
            );
    }

    /// <summary>
    /// The control: with one random probe of several terms the two gradients do differ, and with a wrong sign they
    /// differ in the mean too.
    /// </summary>
    [Fact]
    public void DifferentGradientsAreSeen()
    {
        using var scope = NewDisposeScope();
        var (branch, x) = BranchCases.Create("dense", ActivationKind.Elu, seed: 3);
        var probes = new FixedProbes(Draw.Normal(x.shape));
        Assert.True(GradientError(branch, x, new NeumannSeries(5, 1, probes), new PowerSeries(5, 1, probes)) > 1e-3);
        int d = (int)(x.numel() / x.size(0));
        Assert.InRange(
            GradientError(branch, x, new Surrogate(5, sign: -1), new PowerSeries(5, d, new UnitVectors())),
            0,
            Tolerance
        );
        Assert.True(
            GradientError(branch, x, new Surrogate(5, sign: 1), new PowerSeries(5, d, new UnitVectors())) > 1e-2
        );
        Assert.True(
            GradientError(branch, x, new Surrogate(4, sign: -1), new PowerSeries(5, d, new UnitVectors())) > 1e-4
        );
    }

    /// <summary>Whoever trains with a loop of their own and chooses no estimator gets the cheap gradient.</summary>
    [Fact]
    public void ItIsTheDefault() =>
        Assert.True(
            new ResidualBlock(new DenseBranch(2, [4], coefficient: 0.9)).Estimator
                is NeumannSeries { Terms: 5, Samples: 1 }
        );

    /// <summary>
    /// Largest difference of the gradients in all parameters and in x, relative to the largest entry.
    /// </summary>
    private static double GradientError(ResidualBranch branch, Tensor x, LogDetEstimator one, LogDetEstimator other)
    {
        var (a, b) = (Gradient(branch, x, one), Gradient(branch, x, other));
        return Expect.RelativeError(a, b);
    }

    private static Tensor Gradient(ResidualBranch branch, Tensor x, LogDetEstimator estimator)
    {
        var at = x.detach().clone().requires_grad_(true);
        Tensor[] inputs = [at, .. branch.parameters()];
        var loss = (estimator.Estimate(branch.Linearize(at)) * arange(1, 1 + x.size(0), dtype: x.dtype)).sum();
        Assert.True(loss.requires_grad);
        var gradients = autograd.grad([loss], inputs, allow_unused: true);
        return cat([
            .. gradients.Zip(inputs, (gradient, input) =>
                (gradient.IsInvalid ? zeros_like(input) : gradient).flatten()
            ),
        ]);
    }

    private static Tensor Rotated(int d, Tensor x)
    {
        var (q, _) = linalg.qr(Draw.Normal(d, d));
        return (q * Math.Sqrt(d)).unsqueeze(1).expand(d, x.size(0), d).reshape([d * x.size(0), .. x.shape.Skip(1)]);
    }

    /// <summary>
    /// v.J r with r = sum of (sign J)^k v, k below n, over the unit vectors: the surrogate in the plainest form, right
    /// for sign -1 only.
    /// </summary>
    private sealed class Surrogate(int terms, double sign) : LogDetEstimator
    {
        public override Tensor Estimate(Linearization g)
        {
            var v = new UnitVectors().Draw((int)g.Dimensions, g.Shape, g.Value);
            var r = v.clone();
            using (no_grad())
            {
                var power = v;
                for (int k = 1; k < terms; k++)
                    r.add_(power = sign * g.Jvp(power));
            }
            return (g.Jvp(r) * v).flatten(1).sum(1).view(-1, g.BatchSize).mean([0]);
        }
    }
}
