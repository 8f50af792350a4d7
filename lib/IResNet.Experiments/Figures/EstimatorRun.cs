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
    /// <summary>
    /// The estimators by name, each for about so many Jacobian products per example at a block of a shape.
    /// </summary>
    /// <param name="terms">Terms of the series; the Arnoldi process takes half as many steps, which reach as
    /// far.</param>
    /// <param name="shape">The batch's shape.</param>
    /// <param name="generator">The random stream of all.</param>
    /// <returns>For a number of products, the estimate at a linearization and how many products it takes.</returns>
    public static IReadOnlyDictionary<string, Func<int, (Func<Linearization, Tensor> Estimate, int Products)>> Family(
        int terms,
        IReadOnlyList<long> shape,
        Generator generator
    )
    {
        int steps = Math.Max(2, terms / 2);
        return new Dictionary<string, Func<int, (Func<Linearization, Tensor>, int)>>
        {
            ["series, Gaussian (the paper's)"] = products => Series(products, new GaussianProbes(generator)),
            ["series, random signs"] = products => Series(products, new RademacherProbes(generator)),
            ["Arnoldi, random signs"] = products =>
                Arnoldi(Math.Max(1, products / steps), new RademacherProbes(generator)),
            ["Arnoldi, coloured"] = products =>
            {
                // The finest colouring that the products pay for.
                int stride = 1;
                while (
                    new ColouredProbes(stride + 1).Colours(shape) * steps <= products
                    && stride < shape.Skip(2).DefaultIfEmpty(1).Max()
                )
                    stride++;
                var probes = new ColouredProbes(stride, generator);
                int colours = probes.Colours(shape);
                return Arnoldi(colours * Math.Max(1, products / (colours * steps)), probes);
            },
        };

        (Func<Linearization, Tensor>, int) Series(int products, Probes probes)
        {
            int samples = Math.Max(1, products / terms);
            return (new PowerSeries(terms, samples, probes).Estimate, samples * terms);
        }

        (Func<Linearization, Tensor>, int) Arnoldi(int samples, Probes probes) =>
            (g => new Arnoldi(steps, samples, probes).Evaluate(g).Value, samples * steps);
    }

    /// <summary>As the other one, for an estimator.</summary>
    public static EstimatorRun Of(
        string name,
        LogDetEstimator estimator,
        int products,
        Linearization g,
        Tensor exact,
        int repeats
    ) => Of(name, estimator.Estimate, products, g, exact, repeats);

    /// <summary>Repeats an estimate on one linearization.</summary>
    /// <param name="name">What to call it.</param>
    /// <param name="estimate">The estimate, shape (n).</param>
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
            sum += (estimate(g).to(ScalarType.Float64) - exact).square().mean().ToDouble();
        }
        return new(name, products, Math.Sqrt(sum / repeats));
    }
}
