
namespace IResNet.Tests.LogDet;

/// <summary>The judge of all other estimators, judged by libtorch's own Jacobian.</summary>
public class ExactLogDetTests
{
    [Theory, MemberData(nameof(BranchCases.Rows), MemberType = typeof(BranchCases))]
    public void IsThatOfTheFullJacobian(string kind, ActivationKind activation)
    {
        using var scope = NewDisposeScope();
        for (int seed = 1; seed <= 5; seed++)
        {
            var (branch, x) = BranchCases.Create(kind, activation, seed);
            var jacobian = Jacobians.Of(one => one + branch.forward(one), x);
            Expect.Near(
                new ExactLogDet().Estimate(branch.Linearize(x)),
                Jacobians.LogVolume(jacobian),
                1e-12,
                $"seed {seed}"
            );
        }
    }

    /// <summary>The closed form for two dimensions, and its neighbours.</summary>
    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void SmallDimensions(int features)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(features);
        var branch = Draw.Prepared(new DenseBranch(features, [6]));
        var x = Draw.Normal(50, features);
        var expected = Jacobians.LogVolume(Jacobians.Of(one => one + branch.forward(one), x));
        Expect.Near(new ExactLogDet().Estimate(branch.Linearize(x)), expected, 1e-13, "log-determinant");
        Assert.True(Expect.MaxAbs(expected) > 0.1);
    }

    /// <summary>Jacobians of many examples are taken in several chunks of directions.</summary>
    [Fact]
    public void LargeBatches()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(4);
        var branch = Draw.Prepared(new DenseBranch(3, [6]));
        var x = Draw.Normal(5000, 3);
        var whole = new ExactLogDet().Estimate(branch.Linearize(x));
        Expect.Near(
            whole.narrow(0, 4990, 10),
            new ExactLogDet().Estimate(branch.Linearize(x.narrow(0, 4990, 10))),
            1e-13,
            "last examples"
        );
    }

    /// <summary>
    /// Several examples of some hundred dimensions, whose factorisation as one batch is wrong on some processors.
    /// </summary>
    [Theory, InlineData(ScalarType.Float64, 1e-11), InlineData(ScalarType.Float32, 2e-4)]
    public void BatchesOfManyDimensions(ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(6);
        var branch = Draw.Prepared(new DenseBranch(300, [40]));
        var x = Draw.Normal(5, 300);
        var jacobian = eye(300, dtype: ScalarType.Float64) + branch.Linearize(x).Jacobian();
        // Orthogonal factors, one example at a time: nothing is pivoted.
        var expected = stack([
            .. Enumerable.Range(0, 5).Select(i => linalg.qr(jacobian[i]).R.diagonal().abs().log().sum()),
        ]);
        var found = new ExactLogDet().Estimate(branch.to(type).Linearize(x.to(type)));
        Expect.Near(found.to(ScalarType.Float64), expected, tolerance, "log-determinant");
        Assert.True(Expect.MaxAbs(expected) > 0.1);
    }

    /// <summary>Lemma 7: d ln(1 - L) and d ln(1 + L) enclose it.</summary>
    [Theory, MemberData(nameof(BranchCases.Rows), MemberType = typeof(BranchCases))]
    public void LiesInTheRangeOfLemma7(string kind, ActivationKind activation)
    {
        using var scope = NewDisposeScope();
        var (branch, x) = BranchCases.Create(kind, activation, seed: 5);
        branch.Freeze(FrozenNorm.Certified);
        double lipschitz = branch.LipschitzBound();
        long d = x.numel() / x.size(0);
        var logDet = new ExactLogDet().Estimate(branch.Linearize(x));
        Assert.InRange(logDet.min().ToDouble(), d * Math.Log(1 - lipschitz), logDet.max().ToDouble());
        Assert.InRange(logDet.max().ToDouble(), logDet.min().ToDouble(), d * Math.Log(1 + lipschitz));
    }

    [Fact]
    public void NoLogDetIsZero()
    {
        using var scope = NewDisposeScope();
        var (branch, x) = BranchCases.Create("dense", ActivationKind.Elu, seed: 1);
        var none = new NoLogDet().Estimate(branch.Linearize(x));
        Assert.Equal((ScalarType.Float64, 0.0), (none.dtype, Expect.MaxAbs(none)));
        Assert.Equal([x.size(0)], none.shape);
    }
}
