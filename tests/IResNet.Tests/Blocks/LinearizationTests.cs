namespace IResNet.Tests.Blocks;

/// <summary>Our Jacobian products against libtorch's reverse mode, and against each other.</summary>
public class LinearizationTests
{
    private const double Tolerance = 1e-12;

    public static TheoryData<string, ActivationKind, int> Cases =>
        new(
            from branch in BranchCases.All
            from seed in Enumerable.Range(1, 3)
            select new TheoryDataRow<string, ActivationKind, int>(branch.kind, branch.activation, seed)
        );

    [Theory, MemberData(nameof(Cases))]
    public void ValueIsThatOfForward(string kind, ActivationKind activation, int seed)
    {
        using var scope = NewDisposeScope();
        var (branch, x) = BranchCases.Create(kind, activation, seed);
        var g = branch.Linearize(x);
        Expect.Close(g.Value, branch.forward(x), 1e-15, "g(x)");
        Assert.Equal((x.size(0), x.numel() / x.size(0)), (g.BatchSize, g.Dimensions));
        Assert.Equal(x.shape, g.Shape);
    }

    [Theory, MemberData(nameof(Cases))]
    public void JacobianIsThatOfAutograd(string kind, ActivationKind activation, int seed)
    {
        using var scope = NewDisposeScope();
        var (branch, x) = BranchCases.Create(kind, activation, seed);
        var expected = Jacobians.Of(branch.forward, x);
        Expect.Close(branch.Linearize(x).Jacobian(), expected, Tolerance, "Jacobian");
        // Not vacuous: the branches are curved, so a point far on the other side has another Jacobian.
        Assert.True(Expect.RelativeError(branch.Linearize(-10 * x).Jacobian(), expected) > 1e-3);
    }

    [Theory, MemberData(nameof(Cases))]
    public void ProductsAreThoseOfTheJacobian(string kind, ActivationKind activation, int seed)
    {
        using var scope = NewDisposeScope();
        var (branch, x) = BranchCases.Create(kind, activation, seed);
        var jacobian = Jacobians.Of(branch.forward, x);
        var g = branch.Linearize(x);
        var (t, u) = (randn_like(x), randn_like(x));
        Expect.Close(g.Jvp(t).flatten(1), jacobian.bmm(t.flatten(1).unsqueeze(2)).squeeze(2), Tolerance, "J t");
        Expect.Close(g.Vjp(u).flatten(1), jacobian.mT.bmm(u.flatten(1).unsqueeze(2)).squeeze(2), Tolerance, "J'u");
    }

    /// <summary>(J t).u = t.(J'u), for several directions per example at once.</summary>
    [Theory, MemberData(nameof(Cases))]
    public void ProductsAreAdjoint(string kind, ActivationKind activation, int seed)
    {
        using var scope = NewDisposeScope();
        var (branch, x) = BranchCases.Create(kind, activation, seed);
        var g = branch.Linearize(x);
        long[] shape = [4 * x.size(0), .. x.shape.Skip(1)];
        var (t, u) = (Draw.Normal(shape), Draw.Normal(shape));
        Expect.Near((g.Jvp(t) * u).flatten(1).sum(1), (t * g.Vjp(u)).flatten(1).sum(1), 1e-12, "adjoint");
    }

    [Theory, MemberData(nameof(Cases))]
    public void StackedDirectionsActOneByOne(string kind, ActivationKind activation, int seed)
    {
        using var scope = NewDisposeScope();
        var (branch, x) = BranchCases.Create(kind, activation, seed);
        var g = branch.Linearize(x);
        var directions = Enumerable.Range(0, 3).Select(_ => randn_like(x)).ToList();
        Expect.Close(g.Jvp(cat(directions, 0)), cat([.. directions.Select(g.Jvp)], 0), 1e-14, "J t");
        Expect.Close(g.Vjp(cat(directions, 0)), cat([.. directions.Select(g.Vjp)], 0), 1e-14, "J'u");
    }

    /// <summary>
    /// The contract: products of a branch that was linearized with gradients enabled are differentiable in the
    /// parameters, in x and in the directions; of one that was linearized without, in nothing, and a direction that
    /// requires a gradient is refused. So in float32, where kernels may serve, as in float64.
    /// </summary>
    [Theory, MemberData(nameof(BranchCases.Rows), MemberType = typeof(BranchCases))]
    public void DifferentiableWhereTheContractSaysSo(string kind, ActivationKind activation)
    {
        foreach (var type in new[] { ScalarType.Float64, ScalarType.Float32 })
        {
            using var scope = NewDisposeScope();
            var (branch, point) = BranchCases.Create(kind, activation, seed: 2, batch: 16);
            branch.to(type);
            var x = point.to(type).requires_grad_();
            var direction = randn_like(x).detach().requires_grad_();
            Tensor[] inputs = [x, direction, branch.Layers[0].Weight];
            var g = branch.Linearize(x);
            Assert.True(g.IsDifferentiable);
            // The derivative of a piecewise linear map does not depend on where the map is linearized.
            bool curved = activation.Name is not ("Relu" or "MaxMin");
            foreach (
                var product in new Func<Linearization, Tensor, Tensor>[] { (l, d) => l.Jvp(d), (l, d) => l.Vjp(d) }
            )
            {
                var gradients = autograd.grad(
                    [product(g, direction).square().sum()],
                    inputs,
                    retain_graph: true,
                    allow_unused: true
                );
                Assert.True(gradients[1].abs().max().ToDouble() > 0 && gradients[2].abs().max().ToDouble() > 0);
                Assert.Equal(curved, !gradients[0].IsInvalid && gradients[0].abs().max().ToDouble() > 0);
                using (no_grad())
                    Assert.False(product(g, direction).requires_grad);

                Linearization without;
                using (no_grad())
                    without = branch.Linearize(x);
                Assert.False(without.IsDifferentiable);
                Assert.False(product(without, direction.detach()).requires_grad);
                Assert.Throws<InvalidOperationException>(() => product(without, direction));
                using (no_grad())
                    Expect.Close(product(without, direction), product(g, direction), 1e-5, "values");
            }
        }
    }

    [Theory, MemberData(nameof(BranchCases.Rows), MemberType = typeof(BranchCases))]
    public void DirectionsThatDoNotFitAreRefused(string kind, ActivationKind activation)
    {
        using var scope = NewDisposeScope();
        var (branch, x) = BranchCases.Create(kind, activation, 1);
        var g = branch.Linearize(x);
        foreach (
            var wrong in new[]
            {
                x.narrow(0, 0, 2),
                x.narrow(0, 0, 0),
                x.narrow(1, 0, 1),
                x.unsqueeze(0),
                cat([x, x.narrow(0, 0, 1)], 0),
            }
        )
        {
            Assert.Throws<ShapeException>(() => g.Jvp(wrong));
            Assert.Throws<ShapeException>(() => g.Vjp(wrong));
        }
    }
}
