using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Figures;

/// <summary>An estimator of ln det(I + J) at one block: what it costs, and how far it is off.</summary>
/// <param name="Estimator">Its name.</param>
/// <param name="Products">Jacobian products per example.</param>
/// <param name="Error">Root mean square over the examples and repetitions of estimate - exact, in nats: bias and spread
/// together.</param>
public sealed record EstimatorRun(string Estimator, int Products, double Error)
{
    /// <summary>Repeats an estimate on one linearization.</summary>
    /// <param name="name">What to call it.</param>
    /// <param name="estimate">The estimate, shape (n): an estimator's, or the value of an evaluator.</param>
    /// <param name="products">Jacobian products per example that it takes.</param>
    /// <param name="g">The branch at a batch.</param>
    /// <param name="exact">Its log-determinants, shape (n).</param>
    /// <param name="repeats">How often.</param>
    public static EstimatorRun Of(
        string name,
        Func<Linearization, Tensor> estimate,
        int products,
        Linearization g,
        Tensor exact,
        int repeats
    )
    {
        using var noGrad = no_grad();
        double sum = 0;
        for (int i = 0; i < repeats; i++)
        {
            using var scope = NewDisposeScope();
            sum += (estimate(g).to(ScalarType.Float64) - exact).square().mean().ReadDouble();
        }
        return new(name, products, Math.Sqrt(sum / repeats));
    }
}
