using IResNet.Experiments.Figures;

namespace IResNet.Tests.Programs.Experiments.Figures;

public class GradientConvergenceTests
{
    /// <summary>
    /// The errors are those of the paper's own series, differentiated term by term, over a complete set of probes.
    /// </summary>
    [Theory, MemberData(nameof(BranchCases.Rows), MemberType = typeof(BranchCases))]
    public void ErrorsAreThoseOfTheDifferentiatedSeries(string kind, ActivationKind activation)
    {
        using var scope = NewDisposeScope();
        var (branch, x) = BranchCases.Create(kind, activation, seed: 2);
        int d = (int)(x.numel() / x.size(0));
        var exact = Gradient(branch, x, new ExactLogDet());
        var curve = GradientConvergence.Of(branch, x, [1, 2, 4]);
        for (int i = 0; i < curve.Terms.Count; i++)
        {
            double expected = Expect.RelativeError(
                Gradient(branch, x, new PowerSeries(curve.Terms[i], d, new UnitVectors())),
                exact
            );
            Assert.Equal(expected, curve.Errors[i], 1e-9);
        }
        Assert.True(curve.Errors[0] > 1e-6);
    }

    /// <summary>
    /// Theorem 4, with a positive and a negative Jacobian: for J = a I the error's factor a term is |a| itself.
    /// </summary>
    [Theory, InlineData(0.7), InlineData(-0.7), InlineData(0.2)]
    public void LinearMapsShrinkByTheirSlope(double slope)
    {
        using var scope = NewDisposeScope();
        var curve = GradientConvergence.Of(LinearBranch.Create(slope, 3), Draw.Normal(2, 3), [1, 2, 5, 9]);
        Assert.Equal(Math.Abs(slope), curve.Rate, 1e-3);
        Assert.Equal(Math.Abs(slope), curve.Lipschitz, 1e-6);
        Assert.All(curve.Errors.Zip(curve.Theory), pair => Assert.Equal(1, pair.First / pair.Second, 1e-2));
    }

    [Fact]
    public void FrozenBranchesAreRefused()
    {
        using var scope = NewDisposeScope();
        var (branch, x) = BranchCases.Create("dense", ActivationKind.Elu, seed: 1);
        branch.Freeze();
        Assert.Throws<ArgumentException>(() => GradientConvergence.Of(branch, x, [1, 2]));
    }

    private static Tensor Gradient(ResidualBranch branch, Tensor x, LogDetEstimator estimator)
    {
        Tensor[] parameters = [.. branch.parameters()];
        var gradients = autograd.grad([estimator.Estimate(branch.Linearize(x)).mean()], parameters, allow_unused: true);
        return cat([
            .. gradients.Zip(parameters, (gradient, parameter) =>
                (gradient.IsInvalid ? zeros_like(parameter) : gradient).flatten()
            ),
        ]);
    }
}
