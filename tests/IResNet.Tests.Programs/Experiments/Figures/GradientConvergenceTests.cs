using IResNet.Experiments.Figures;

namespace IResNet.Tests.Programs.Experiments.Figures;

public class GradientConvergenceTests
{
    /// <summary>
    /// Theorem 4, with a positive and a negative Jacobian: for J = a I the error's factor per term is |a| itself.
    /// </summary>
    [Theory, InlineData(0.7), InlineData(-0.7), InlineData(0.2)]
    public void LinearMapsShrinkByTheirDerivative(double a)
    {
        using var scope = NewDisposeScope();
        var (branch, x) = (LinearBranch.Create(a, 3), Draw.Normal(2, 3));
        int[] terms = [1, 2, 5, 9];
        var exact = Gradient(branch, x, new ExactLogDet());
        var errors = terms.Select(n =>
            Expect.RelativeError(Gradient(branch, x, new NeumannSeries(n, 3, new UnitVectors())), exact)
        );
        var curve = new GradientConvergence(terms, [.. errors], branch.LipschitzBound());
        Assert.Equal(Math.Abs(a), curve.Rate, 1e-3);
        Assert.Equal(Math.Abs(a), curve.Lipschitz, 1e-6);
        Assert.All(curve.Errors.Zip(curve.Theory), pair => Assert.Equal(1, pair.First / pair.Second, 1e-2));
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
