using IResNet.Cpu;

namespace IResNet.Tests.Cpu;

/// <summary>What the kernels serve, and that each refusal says why.</summary>
public class CpuBackendTests
{
    private static readonly CpuBackend Backend = new();
    private static readonly ImageShape Shape = new(2, 4, 4);

    private static readonly ConvBranch Convolutional = new(Shape, 4),
        Broad = new(Shape, 64),
        Sorting = new(Shape, 4, activation: ActivationKind.MaxMin);

    private static readonly DenseBranch Plane = new(2, [4]),
        Space = new(3, [4]);

    public CpuBackendTests() => Kernels.Need();

    [Fact]
    public void ConvolutionalSteps()
    {
        var x = zeros(8, 2, 4, 4);
        Serves(Convolutional, new NeumannSeries(3), x);
        Serves(Convolutional, new NoLogDet(), x);
        Serves(Broad, new NeumannSeries(3), x.narrow(0, 0, 1));
        Serves(Convolutional, new NeumannSeries(3), x.narrow(0, 0, 1));
        Refuses("not PowerSeries", Convolutional, new PowerSeries(3), x);
        Serves(Convolutional, new NeumannSeries(3, samples: 2), x);
        Serves(Convolutional, new RussianRoulette(), x);
        foreach (var gradient in new[] { RouletteGradient.Basic, RouletteGradient.TransposedNeumann })
            Refuses($"not {gradient}", Convolutional, new RussianRoulette(gradient: gradient), x);
        Refuses("two dimensions", Convolutional, new ExactLogDet(), x);
        Refuses("not for Float64", Convolutional, new NeumannSeries(3), x.to(ScalarType.Float64));
        Refuses("not MaxMin", Sorting, new NeumannSeries(3), x);
        Refuses("SequentialBranch", Chain(), new NeumannSeries(3), x);
    }

    /// <summary>Each activation of the library is served, or named as one that is not.</summary>
    [Fact]
    public void Activations()
    {
        var served = ActivationKind.All.Where(kind =>
            Backend.Step(new ConvBranch(Shape, 4, activation: kind), new NoLogDet(), zeros(8, 2, 4, 4)).IsServed
        );
        Assert.Equal(Kernels.Activations, served);
    }

    [Fact]
    public void DenseSteps()
    {
        Serves(Plane, new ExactLogDet(), zeros(1, 2));
        Serves(Space, new NeumannSeries(3), zeros(1, 3));
        Serves(Space, new NoLogDet(), zeros(1, 3));
        Refuses("two dimensions", Space, new ExactLogDet(), zeros(1, 3));
        Refuses("not PowerSeries", Plane, new PowerSeries(3), zeros(1, 2));
        Serves(Plane, new NeumannSeries(3, samples: 2), zeros(1, 2));
        Serves(Plane, new RussianRoulette(), zeros(1, 2));
        Refuses("not for Float64", Plane, new ExactLogDet(), zeros(1, 2, dtype: ScalarType.Float64));
        var options = new SpectralNormOptions();
        Refuses(
            "not CLipSwish",
            new DenseBranch(2, [4], options, ActivationKind.CLipSwish),
            new NoLogDet(),
            zeros(1, 2)
        );
        Refuses(
            "before its first layer",
            new DenseBranch(2, [4], options, leadingActivation: true),
            new NoLogDet(),
            zeros(1, 2)
        );
    }

    /// <summary>Products without a graph are served only where no graph can be wanted.</summary>
    [Fact]
    public void Evaluations()
    {
        var x = zeros(8, 2, 4, 4);
        Assert.Contains("gradients are enabled", Backend.Linearize(Convolutional, x).WhyNot);
        using var noGrad = no_grad();
        Assert.Null(Backend.Linearize(Convolutional, x).WhyNot);
        Assert.Null(Backend.Linearize(Convolutional, x.narrow(0, 0, 1)).WhyNot);
        Assert.Contains("DenseBranch", Backend.Linearize(Plane, zeros(16, 2)).WhyNot);
        foreach (var solver in new InverseSolver[] { new Chebyshev(), new FixedPoint(), new Anderson() })
        {
            Assert.Null(Backend.Invert(Convolutional, solver, x).WhyNot);
            Assert.Null(Backend.Invert(Convolutional, solver, x.narrow(0, 0, 1)).WhyNot);
            Assert.Contains("MaxMin", Backend.Invert(Sorting, solver, x).WhyNot);
        }
    }

    [Fact]
    public void LayersAndAffineMaps()
    {
        Assert.All(Convolutional.Layers.Concat(Plane.Layers), layer => Assert.Null(Backend.Normalize([layer]).WhyNot));
        var options = new SpectralNormOptions();
        string? Of(SpectralLayer layer) => Backend.Normalize([Plane.Layers[0], layer]).WhyNot;
        Assert.Contains("is off", Of(new SpectralLinear(2, 3, options with { Enabled = false })));
        Assert.Contains("no power iterations", Of(new SpectralLinear(2, 3, options with { PowerIterations = 0 })));
        Assert.Contains("SpectralConv2d", Of(new SpectralConv2d(2, 3, 5, 8, 8, options)));
        Assert.Null(Backend.Affine(zeros(2, 3, 4, 4), zeros(3), zeros(3)).WhyNot);
        Assert.Contains("images", Backend.Affine(zeros(2, 3), zeros(3), zeros(3)).WhyNot);
        Assert.Contains(
            "Float64",
            Backend.Affine(zeros(2, 3, 4, 4, dtype: ScalarType.Float64), zeros(3), zeros(3)).WhyNot
        );
    }

    [Fact]
    public void ARefusalHasNoResult()
    {
        var answer = Backend.Step(Convolutional, new PowerSeries(3), zeros(8, 2, 4, 4));
        Assert.False(answer.IsServed);
        Assert.Contains(answer.WhyNot!, Assert.Throws<InvalidOperationException>(() => answer.Compute()).Message);
    }

    private static SequentialBranch Chain() => new([new SpectralConv2d(2, 2, 3, 4, 4, new())], []);

    private static void Serves(ResidualBranch branch, LogDetEstimator estimator, Tensor x) =>
        Assert.Null(Backend.Step(branch, estimator, x).WhyNot);

    private static void Refuses(string why, ResidualBranch branch, LogDetEstimator estimator, Tensor x) =>
        Assert.Contains(why, Backend.Step(branch, estimator, x).WhyNot);
}
