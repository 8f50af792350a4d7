using IResNet.Experiments.Figures;

namespace IResNet.Tests.Programs.Experiments.Figures;

public class InverseConvergenceTests
{
    /// <summary>
    /// For g(x) = a x + const the error is |a|^n times the first one, neither more nor less: measurement and theory
    /// fall together.
    /// </summary>
    [Theory, InlineData(0.9), InlineData(-0.9), InlineData(0.3), InlineData(-0.05)]
    public void LinearMapsFollowTheTheoryExactly(double a)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(1);
        var x = Draw.Normal(4, 3);
        var curve = Measure(new Sequence(new ResidualBlock(LinearBranch.Create(a, 3))), x, [0, 1, 2, 4, 8]);
        Assert.Equal(Math.Abs(a), curve.Lipschitz, 12);
        Assert.Equal(Math.Abs(a), curve.Rate, 1e-3);
        foreach (var (error, theory) in curve.Errors.Zip(curve.Theory))
            Assert.Equal(theory, error, 1e-3 * theory + 1e-11);
        int needed = new[] { 0, 1, 2, 4, 8 }.First(n => Math.Pow(Math.Abs(a), n) <= 0.5 * (1 + 1e-6) || n == 8);
        Assert.Equal(Math.Pow(Math.Abs(a), needed) <= 0.5 * (1 + 1e-6) ? needed : null, curve.Needed(0.5));
        Assert.Null(curve.Needed(0));
    }

    /// <summary>Equation (1) in the form that needs no first step: one block's error is below the line.</summary>
    [Theory, InlineData(0.5), InlineData(0.9)]
    public void OneBlockStaysBelowTheTheory(double coefficient)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(2);
        var block = Draw.Prepared(new ResidualBlock(new ConvBranch(new(2, 4, 4), 4, coefficient)), weightScale: 6);
        block.Branch.Freeze();
        var curve = Measure(new Sequence(block), Draw.Normal(4, 2, 4, 4), [0, 1, 2, 5, 10]);
        Assert.Equal(Math.Pow(coefficient, 3), curve.Lipschitz, 1e-3);
        Assert.All(curve.Errors.Zip(curve.Theory), pair => Assert.True(pair.First <= pair.Second * (1 + 1e-9)));
        Assert.InRange(curve.Rate, 0.01, curve.Lipschitz);
    }

    /// <summary>Where the error has reached the rounding errors it says nothing about the rate.</summary>
    [Fact]
    public void RoundingErrorsDoNotCount()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(3);
        var sequence = new Sequence(new ResidualBlock(LinearBranch.Create(0.3, 3)));
        Assert.Equal(0.3, Measure(sequence, Draw.Normal(4, 3), [0, 2, 5, 500, 1000]).Rate, 1e-3);
    }

    [Fact]
    public void NetworksConvergeAtTheRateOfTheirBlocks()
    {
        using var scope = NewDisposeScope();
        var (flow, x) = Flows.Create("SingleScaleFlow");
        var curve = Measure(flow.Transform, x, [0, 1, 2, 3, 4]);
        Assert.InRange(curve.Rate, 0.001, curve.Lipschitz);
        Assert.True(curve.Errors.Zip(curve.Errors.Skip(1)).All(pair => pair.First > pair.Second));
    }

    /// <summary>As notebook 03 measures: the mean distance to the exact inverse in the 2-norm.</summary>
    private static InverseConvergence Measure(Sequence transform, Tensor x, IReadOnlyList<int> iterations)
    {
        using var noGrad = no_grad();
        var y = transform.forward(x).y;
        var errors = iterations.Select(n =>
            (transform.Inverse(y, FixedPoint.Iterations(n)).Value - x).flatten(1).norm(1).mean().ReadDouble()
        );
        return new(
            iterations,
            [.. errors],
            transform.Bijections.OfType<ResidualBlock>().Max(block => block.Branch.LipschitzBound())
        );
    }
}
