namespace IResNet.Tests;

/// <summary>The judge of derivatives, judged: it passes right ones and catches wrong ones.</summary>
public class GradientCheckTests
{
    private readonly Tensor _x = randn(
        3,
        4,
        dtype: ScalarType.Float64,
        requires_grad: true,
        generator: new Generator(1)
    );

    private Dictionary<string, Tensor> Inputs => new() { ["x"] = _x };

    [Fact]
    public void RightDerivativesPass()
    {
        GradientCheck.First(() => (_x.sin() * _x.exp()).sum(1), Inputs);
        GradientCheck.Second(() => (_x.sin() * _x.exp()).sum(1), Inputs);
    }

    /// <summary>The value of x^2, half of its gradient.</summary>
    [Fact]
    public void WrongFirstDerivativeIsCaught() =>
        Assert.True(GradientCheck.FirstError(() => _x * _x.detach(), Inputs)["x"] > 0.1);

    /// <summary>The value of x^2 and its gradient, a thousandth of it wrong.</summary>
    [Fact]
    public void SlightlyWrongFirstDerivativeIsCaught() =>
        Assert.True(
            GradientCheck.FirstError(() => _x * _x + 1e-3 * (_x - _x.detach()), Inputs)["x"]
                > 100 * GradientCheck.Tolerance
        );

    /// <summary>
    /// The value of x^2 and its right gradient, but a gradient without a graph of its own, as a forgotten create_graph
    /// leaves it.
    /// </summary>
    [Fact]
    public void MissingSecondDerivativeIsCaught()
    {
        Tensor Wrong() => 2 * _x * _x.detach() - _x.detach().square();
        GradientCheck.First(Wrong, Inputs);
        Assert.True(GradientCheck.SecondError(Wrong, Inputs)["x"] > 0.1);
    }
}
