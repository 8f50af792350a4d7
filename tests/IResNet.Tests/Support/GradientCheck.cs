namespace IResNet.Tests;

/// <summary>
/// Automatic derivatives against central differences in float64, along random directions of every input: a wrong
/// component shows in all of them.
/// </summary>
internal static class GradientCheck
{
    /// <summary>
    /// What a right derivative reaches with room to spare: differences of step h err by about h^2 + 1e-16 / h.
    /// </summary>
    public const double Tolerance = 1e-6;

    private const double Step = 3e-6;
    private const int Directions = 2;

    // An input's error is relative to its own derivatives, or to this part of the largest of all inputs where it has
    // next to no influence.
    private const double Negligible = 1e-2;

    /// <summary>Demands right first derivatives of f in all inputs.</summary>
    /// <param name="f">Reads the inputs; the same result at each call with the same inputs.</param>
    /// <param name="inputs">Leaves that require gradients, by name.</param>
    public static void First(Func<Tensor> f, IReadOnlyDictionary<string, Tensor> inputs) =>
        Demand(FirstError(f, inputs), "first");

    /// <summary>Demands right second derivatives: the gradient, differentiated once more.</summary>
    public static void Second(Func<Tensor> f, IReadOnlyDictionary<string, Tensor> inputs) =>
        Demand(SecondError(f, inputs), "second");

    /// <summary>The relative error of the first derivatives, by input.</summary>
    public static Dictionary<string, double> FirstError(Func<Tensor> f, IReadOnlyDictionary<string, Tensor> inputs)
    {
        using var scope = NewDisposeScope();
        Tensor u;
        using (no_grad())
            u = randn_like(f());
        return Compare(() => (f() * u).sum(), inputs);
    }

    /// <summary>The relative error of the second derivatives, by input.</summary>
    public static Dictionary<string, double> SecondError(Func<Tensor> f, IReadOnlyDictionary<string, Tensor> inputs)
    {
        using var scope = NewDisposeScope();
        Tensor u;
        using (no_grad())
            u = randn_like(f());
        var weights = inputs.Values.Select(input => randn_like(input).detach()).ToList();
        return Compare(
            () =>
                Gradients((f() * u).sum(), [.. inputs.Values], createGraph: true)
                    .Zip(weights, (gradient, w) => (gradient * w).sum())
                    .Aggregate((a, b) => a + b),
            inputs
        );
    }

    private static Dictionary<string, double> Compare(Func<Tensor> scalar, IReadOnlyDictionary<string, Tensor> inputs)
    {
        Assert.All(inputs, input => Assert.Equal(ScalarType.Float64, input.Value.dtype));
        Assert.All(inputs, input => Assert.True(input.Value is { requires_grad: true, is_leaf: true }, input.Key));
        var gradients = Gradients(scalar(), [.. inputs.Values], createGraph: false);
        var pairs = inputs
            .Zip(gradients, (input, gradient) => (
                    input.Key,
                    Pairs: Enumerable
                        .Range(0, Directions)
                        .Select(_ =>
                        {
                            var direction = randn_like(input.Value).detach();
                            return (
                                Automatic: (gradient * direction).sum().ToDouble(),
                                Numerical: Difference(scalar, input.Value, direction)
                            );
                        })
                        .ToList()
                ))
            .ToList();
        double Scale(IEnumerable<(double Automatic, double Numerical)> values) =>
            values.Max(pair => Math.Max(Math.Abs(pair.Automatic), Math.Abs(pair.Numerical)));
        double largest = Scale(pairs.SelectMany(pair => pair.Pairs));
        Assert.True(largest > 0, "The function depends on none of its inputs.");
        return pairs.ToDictionary(
            pair => pair.Key,
            pair =>
                pair.Pairs.Max(values => Math.Abs(values.Automatic - values.Numerical))
                / Math.Max(Scale(pair.Pairs), Negligible * largest)
        );
    }

    private static double Difference(Func<Tensor> scalar, Tensor input, Tensor direction)
    {
        double At(double step)
        {
            using (no_grad())
                input.add_(direction, alpha: step);
            return scalar().ToDouble();
        }
        double ahead = At(Step),
            behind = At(-2 * Step);
        using (no_grad())
            input.add_(direction, alpha: Step);
        return (ahead - behind) / (2 * Step);
    }

    /// <summary>
    /// Zeros where there is no dependence; libtorch would end the process on a scalar without a graph.
    /// </summary>
    private static List<Tensor> Gradients(Tensor scalar, IList<Tensor> inputs, bool createGraph)
    {
        if (!scalar.requires_grad)
            return [.. inputs.Select(input => zeros_like(input))];
        var gradients = autograd.grad(
            [scalar],
            inputs,
            retain_graph: createGraph,
            create_graph: createGraph,
            allow_unused: true
        );
        return [.. gradients.Zip(inputs, (gradient, input) => gradient.IsInvalid ? zeros_like(input) : gradient)];
    }

    private static void Demand(Dictionary<string, double> errors, string order) =>
        Assert.All(errors, error =>
            Assert.True(error.Value <= Tolerance, $"{order} derivative in {error.Key}: relative error {error.Value:g3}")
        );
}
