using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Figures;

/// <summary>
/// The gradient of the truncated log-determinant against the exact one's (Theorem 4): the error in the maximum norm
/// falls like Lip(g)^n. Traces are exact, so that nothing but the truncation is seen.
/// </summary>
/// <param name="Terms">Numbers of terms n.</param>
/// <param name="Errors">max |gradient of the truncated series - gradient of ln det(I + J)| over all parameters, divided
/// by the largest entry of the latter.</param>
/// <param name="Lipschitz">The certified Lip(g).</param>
public sealed record GradientConvergence(IReadOnlyList<int> Terms, IReadOnlyList<double> Errors, double Lipschitz)
{
    /// <summary>The line of the theory through the first error.</summary>
    public IReadOnlyList<double> Theory => GeometricDecay.Line(Terms, Errors[0], Lipschitz);

    /// <summary>By what factor the error shrinks per term, on average.</summary>
    public double Rate => Math.Pow(Errors[^1] / Errors[0], 1.0 / (Terms[^1] - Terms[0]));

    /// <summary>Measures a branch at a few points: d Jacobian products with a graph for each number of terms.</summary>
    /// <param name="branch">In float64 and not frozen, so that gradients reach its weights.</param>
    /// <param name="x">Points, float64.</param>
    /// <param name="terms">Numbers of terms, rising.</param>
    /// <exception cref="ArgumentException">The branch is frozen.</exception>
    public static GradientConvergence Of(ResidualBranch branch, Tensor x, IReadOnlyList<int> terms)
    {
        if (branch.Layers.Any(layer => layer.IsFrozen))
            throw new ArgumentException(
                "No gradient reaches the weights of a frozen branch: unfreeze it.",
                nameof(branch)
            );
        using var scope = NewDisposeScope();
        Tensor[] parameters = [.. branch.parameters()];
        // Every dimension is a colour of its own: the quadratic forms add up to the exact trace.
        var probes = new ColouredProbes((int)x.shape.Skip(2).DefaultIfEmpty(1).Max());
        int complete = probes.Colours(x.shape);

        var exact = Gradient(new ExactLogDet());
        double scale = exact.ReadLargest();
        double[] errors =
        [
            .. terms.Select(n => (Gradient(new NeumannSeries(n, complete, probes)) - exact).ReadLargest() / scale),
        ];
        return new(terms, errors, branch.LipschitzBound());

        Tensor Gradient(LogDetEstimator estimator)
        {
            using var inner = NewDisposeScope();
            var logDet = estimator.Estimate(branch.Linearize(x)).mean();
            // Biases of the last layer do not move J.
            var gradients = autograd.grad([logDet], parameters, allow_unused: true);
            return cat([
                    .. gradients.Zip(parameters, (gradient, parameter) =>
                        (gradient.IsInvalid ? zeros_like(parameter) : gradient).flatten()
                    ),
                ])
                .MoveToOuterDisposeScope();
        }
    }
}
