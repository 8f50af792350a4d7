using IResNet.Cpu;

namespace IResNet.Tests.Cpu;

/// <summary>
/// The vector kernels' training step of dense blocks computes what torch's operations compute: value, log-determinant
/// and every gradient, judged in float64.
/// </summary>
public class DenseBlockFunctionTests : BlockFunctionTests
{
    public enum Estimate
    {
        None,
        Exact,
        Series,
    }

    /// <summary>
    /// Examples, features, hidden widths, estimate, terms. Groups, tiles and threads are partly empty.
    /// </summary>
    public static TheoryData<int, int, int[], Estimate, int> Shapes =>
        new()
        {
            { 500, 2, [64, 64, 64], Estimate.Exact, 0 },
            { 500, 2, [64, 64, 64], Estimate.Series, 5 },
            { 128, 2, [16], Estimate.Exact, 0 },
            { 64, 2, [5, 9], Estimate.Exact, 0 },
            { 7, 2, [3, 33, 2, 1], Estimate.Exact, 0 },
            { 1, 2, [8, 8], Estimate.Exact, 0 },
            { 1, 1, [1], Estimate.Series, 3 },
            { 5, 5, [7, 6], Estimate.Series, 2 },
            { 17, 3, [18], Estimate.Series, 1 },
            { 130, 21, [10, 30, 20], Estimate.Series, 4 },
            { 65, 4, [12, 7], Estimate.None, 0 },
        };

    [Theory, MemberData(nameof(Shapes))]
    public void EqualsTorch(int examples, int features, int[] hidden, Estimate estimate, int terms) =>
        Assert.All(Kernels.Activations, activation => Compare(examples, features, hidden, estimate, terms, activation));

    /// <summary>Shapes that nobody chose.</summary>
    [Fact]
    public void EqualsTorchOnRandomShapes()
    {
        var random = new Random(5);
        for (int i = 0; i < 20; i++)
        {
            var estimate = (Estimate)random.Next(3);
            int features = estimate == Estimate.Exact ? 2 : random.Next(1, 9);
            int[] hidden = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(1, 40))];
            var activation = Kernels.Activations[i % Kernels.Activations.Count];
            Compare(random.Next(1, 200), features, hidden, estimate, random.Next(1, 7), activation);
        }
    }

    /// <summary>Far out, ELUs are flat to the last bit or straight: derivatives of 0 and 1.</summary>
    [Fact]
    public void EqualsTorchFarOut()
    {
        var setting = Create(100, 2, [20, 20], Estimate.Exact, 0);
        setting.X.mul_(1000);
        DemandEquality(setting, "far out");
    }

    [Fact]
    public void OtherProbesGiveOtherGradients() =>
        DemandOtherGradients(Create(100, 3, [16, 16], Estimate.Series, 4));

    /// <summary>Negative control: another point gives another determinant and other gradients.</summary>
    [Fact]
    public void OtherPointsGiveOtherResults()
    {
        var setting = Create(100, 2, [16, 16], Estimate.Exact, 0);
        var expected = setting.Reference();
        setting.X.add_(1e-2);
        var other = setting.Fast(setting.Probe);
        Assert.All(expected.Keys.Where(name => name != "bias 2"), name =>
            Assert.True(Expect.RelativeError(other[name], expected[name]) > 10 * Tolerance, name)
        );
    }

    /// <summary>NaN in one example stays in that example and reaches the loss.</summary>
    [Theory, InlineData(Estimate.Exact), InlineData(Estimate.Series)]
    public void NotANumberStaysOne(Estimate estimate)
    {
        var setting = Create(70, 2, [6, 6], estimate, 3);
        setting.X[66, 1] = float.NaN;
        var results = setting.Fast(setting.Probe);
        foreach (string name in new[] { "y", "log-determinant" })
        {
            Assert.True(results[name][66].isnan().any().ToBoolean(), name);
            Assert.Equal(1, results[name].view(70, -1).isnan().any(1).sum().item<long>());
        }
    }

    /// <summary>
    /// Evaluation goes there too, with gradients and without, and can be differentiated twice.
    /// </summary>
    [Fact]
    public void EvaluationIsTheSameWithAndWithoutGradients()
    {
        using var backend = Kernels.Use();
        using var scope = NewDisposeScope();
        var setting = Create(70, 2, [16, 16], Estimate.Exact, 0);
        var block = new ResidualBlock(setting.Branch, new ExactLogDet());
        block.eval();
        var x = setting.X.detach().requires_grad_();
        var (y, logDet) = block.forward(x);
        var first = autograd.grad([logDet.sum()], [x], retain_graph: true, create_graph: true)[0];
        Assert.True(autograd.grad([first.sum()], [x])[0].isfinite().all().ToBoolean());
        void Evaluate()
        {
            using var noGrad = no_grad();
            var (value, determinant) = block.forward(setting.X);
            Expect.Close(value, y, Tolerance, "y");
            Expect.Near(determinant, logDet, Tolerance, "log-determinant");
            value.Dispose();
            determinant.Dispose();
        }
        Assert.Equal(0, LiveTensors.Leak(Evaluate));
    }

    /// <summary>The block itself goes there and refuses what does not fit, as without the kernels.</summary>
    [Fact]
    public void WrongShapesAreRefused()
    {
        using var backend = Kernels.Use();
        var block = new ResidualBlock(new DenseBranch(2, [4]), new NeumannSeries(2));
        block.train();
        Assert.Throws<ShapeException>(() => block.forward(zeros(3, 3)));
        Assert.Throws<ShapeException>(() => block.forward(zeros(0, 2)));
        Assert.Throws<ShapeException>(() => block.forward(zeros(2)));
    }

    private protected override BlockSetting Uneven => Create(300, 2, [33, 17], Estimate.Exact, 0);

    private static void Compare(
        int examples,
        int features,
        int[] hidden,
        Estimate estimate,
        int terms,
        ActivationKind activation
    ) =>
        DemandEquality(
            Create(examples, features, hidden, estimate, terms, activation),
            $"{activation}, {examples} of {features}-{string.Join('-', hidden)}, {estimate} {terms}"
        );

    private static BlockSetting Create(
        int examples,
        int features,
        int[] hidden,
        Estimate estimate,
        int terms,
        ActivationKind? activation = null
    )
    {
        Kernels.Need();
        manual_seed(examples + features);
        var branch = new DenseBranch(features, hidden, activation: activation);
        return new(
            branch,
            [examples, features],
            probe =>
                estimate switch
                {
                    Estimate.Exact => new ExactLogDet(),
                    Estimate.Series => new NeumannSeries(terms, 1, new FixedProbes(probe)),
                    _ => new NoLogDet(),
                },
            (estimator, x) => Kernels.Of(branch).Step(Kernels.Resources, branch, estimator, x)
        );
    }
}
