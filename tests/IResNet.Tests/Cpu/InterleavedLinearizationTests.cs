using IResNet.Cpu;

namespace IResNet.Tests.Cpu;

/// <summary>
/// Without gradients, the vector kernels' value and Jacobian products are those of torch's operations, judged in
/// float64.
/// </summary>
public class InterleavedLinearizationTests
{
    private const double Tolerance = 3e-6;

    /// <summary>Examples, channels, height, width, hidden, leading activation, directions per example.</summary>
    public static TheoryData<int, int, int, int, int, bool, int> Shapes =>
        new()
        {
            { 16, 4, 14, 14, 32, true, 1 },
            { 20, 3, 5, 7, 6, true, 3 },
            { 33, 6, 4, 4, 10, false, 2 },
            // Directions side by side: some of all lanes, all of them, more.
            { 1, 2, 3, 4, 5, true, 3 },
            { 5, 2, 3, 4, 5, false, 3 },
            { 3, 2, 3, 4, 5, true, 11 },
        };

    [Theory, MemberData(nameof(Shapes))]
    public void EqualsTorch(int examples, int channels, int height, int width, int hidden, bool leading, int directions)
    {
        using var backend = Kernels.Use();
        using var scope = NewDisposeScope();
        manual_seed(8);
        var branch = new ConvBranch(
            new ImageShape(channels, height, width),
            hidden,
            new SpectralNormOptions(),
            ActivationKind.Elu,
            leading
        );
        using var noGrad = no_grad();
        foreach (var layer in branch.Layers)
            layer.Weight.mul_(4);
        branch.PowerIteration();
        Tensor x = randn(examples, channels, height, width),
            t = randn(directions * examples, channels, height, width);

        var fast = Assert.IsType<InterleavedLinearization<Floats16, VectorElu<Floats16>>>(branch.Linearize(x));
        var evaluated = new InterleavedEvaluation<Floats16, VectorElu<Floats16>>(
            Kernels.Resources,
            branch,
            x.shape
        ).Evaluate(x);
        Tensor jvp = fast.Jvp(t),
            vjp = fast.Vjp(t);
        branch.to(ScalarType.Float64);
        var reference = Assert.IsType<TorchLinearization>(branch.Linearize(x.to(ScalarType.Float64)));
        Expect.Close(fast.Value, reference.Value, Tolerance, "value");
        Expect.Close(evaluated, reference.Value, Tolerance, "evaluation");
        Expect.Close(jvp, reference.Jvp(t.to(ScalarType.Float64)), Tolerance, "J t");
        Expect.Close(vjp, reference.Vjp(t.to(ScalarType.Float64)), Tolerance, "transposed J t");
        Assert.True(Expect.RelativeError(jvp, vjp) > 0.1, "negative control: J is not symmetric");
    }

    /// <summary>Where a gradient may be wanted, torch's operations are taken.</summary>
    [Fact]
    public void GradientsComeFromTorch()
    {
        using var backend = Kernels.Use();
        using var scope = NewDisposeScope();
        var branch = new ConvBranch(new ImageShape(2, 4, 4), 4);
        Assert.IsType<TorchLinearization>(branch.Linearize(zeros(16, 2, 4, 4)));
    }
}
