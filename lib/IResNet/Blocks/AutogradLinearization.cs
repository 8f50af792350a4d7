namespace IResNet;

/// <summary>
/// A linearization of any branch by automatic differentiation of its <c>forward</c>: reverse mode directly, forward
/// mode by differentiating a reverse product in its cotangent, in which it is linear.
/// </summary>
internal sealed class AutogradLinearization : Linearization
{
    private readonly Tensor _x,
        _value,
        _cotangent,
        _product;

    private AutogradLinearization(ResidualBranch branch, Tensor x, Tensor value)
        : base(branch, x, is_grad_enabled() ? value : value.detach())
    {
        (_x, _value) = (x, value);
        // Forward products differentiate this one; made here, it lives as long as the value.
        _cotangent = zeros_like(value).requires_grad_();
        _product = Product(value, x, _cotangent, createGraph: true);
    }

    /// <summary>Evaluates the branch with a graph, also under <c>no_grad</c>. Everything lives in the caller's dispose
    /// scope.</summary>
    /// <exception cref="InvalidOperationException">It is called in inference mode, which forbids a graph.</exception>
    public static AutogradLinearization At(ResidualBranch branch, Tensor x)
    {
        branch.Check(x);
        var point = x.requires_grad ? x : x.detach().requires_grad_();
        Tensor value;
        using (enable_grad())
            value = branch.forward(point);
        if (!value.requires_grad)
            throw new InvalidOperationException(
                $"{branch.GetName()} gave a value without a graph, from which no Jacobian products follow: use no_grad "
                    + "instead of inference_mode, and do not detach in forward."
            );
        return new(branch, point, value);
    }

    /// <inheritdoc/>
    protected override Tensor Jvp(Tensor tangents, long k) =>
        // A g that does not depend on x has no graph that leads there.
        _product.requires_grad
            ? Each(tangents, k, tangent => Product(_product, _cotangent, tangent, Graph))
            : zeros_like(tangents);

    /// <inheritdoc/>
    protected override Tensor Vjp(Tensor cotangents, long k) =>
        Each(cotangents, k, cotangent => Product(_value, _x, cotangent, Graph));

    private bool Graph => IsDifferentiable && is_grad_enabled();

    private static Tensor Each(Tensor directions, long k, Func<Tensor, Tensor> product) =>
        k == 1 ? product(directions) : cat([.. directions.chunk(k).Select(product)]);

    /// <summary>
    /// The gradient of an output in an input; zeros where it does not depend on it. An error in this function of
    /// libtorch would end the process, so nothing may reach it that could fail.
    /// </summary>
    private static Tensor Product(Tensor output, Tensor input, Tensor direction, bool createGraph)
    {
        var gradient = autograd.grad(
            [output],
            [input],
            [direction],
            retain_graph: true,
            create_graph: createGraph,
            allow_unused: true
        )[0];
        return gradient.IsInvalid ? zeros_like(input) : gradient;
    }
}
