using IResNet.Tests.Programs.Workbook.Running;
using IResNet.Workbook.Notebooks;
using IResNet.Workbook.Running;
using static IResNet.Tests.Programs.Workbook.Running.NotebookFolder;

namespace IResNet.Tests.Programs.Workbook;

/// <summary>
/// A notebook whose cells define an activation with a learned parameter and a residual branch that is no chain of
/// layers: it trains with them, inverts with a certificate, and the log-determinant is that of the full Jacobian.
/// </summary>
public sealed class CustomPartsNotebookTests : IDisposable
{
    private const string Usings = """
        using IResNet;
        using IResNet.Experiments.Data;
        using IResNet.Experiments.Training;
        using TorchSharp;
        using static TorchSharp.torch;
        """;

    private const string Parts = """
        public sealed class Wave : Activation
        {
            private readonly TorchSharp.Modules.Parameter _frequency = new(zeros(1));
            public Wave() : base(nameof(Wave)) => RegisterComponents();
            public static ActivationKind Kind { get; } = new(nameof(Wave), () => new Wave());
            public override Tensor forward(Tensor p) => (_frequency.exp() * p).sin() / _frequency.exp();
            public override Tensor Derivative(Tensor p, Tensor value) => (_frequency.exp() * p).cos();
        }

        public sealed class SideBySide : ResidualBranch
        {
            private readonly Activation _phi;
            private readonly SpectralConv2d _near, _point;
            public SideBySide(ImageShape shape, ActivationKind activation) : base(nameof(SideBySide))
            {
                var half = new SpectralNormOptions { Coefficient = COEFFICIENT };
                _phi = activation.Create();
                _near = new(shape.Channels, shape.Channels, 3, shape.Height, shape.Width, half);
                _point = new(shape.Channels, shape.Channels, 1, shape.Height, shape.Width, half);
                RegisterComponents();
            }
            public override Tensor forward(Tensor x)
            {
                var h = _phi.forward(x);
                return _near.ApplyWithBias(_near.EffectiveWeight(), h)
                    + _point.ApplyWithBias(_point.EffectiveWeight(), h);
            }
            public override double LipschitzBound() => _phi.LipschitzBound * (_near.NormBound() + _point.NormBound());
        }
        """;

    private const string Training = """
        var shape = new ImageShape(1, 4, 4);
        var random = new Random(1);
        var pixels = new byte[96 * shape.Dimensions];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)((i / 4 % 2 == 0 ? 40 : 180) + random.Next(40));
        var all = new ImageSplit(shape, pixels, new byte[96]);
        var data = new ImageDataSet("stripes", new[] { "across" }, all[..64], all[64..]);
        var kind = new BlockKind(nameof(SideBySide), site =>
            new[] { new ResidualBlock(new SideBySide(site.Shape!.Value, site.Activation)) });
        var flow = new MultiscaleFlow(new FlowConfig
        {
            Input = shape,
            InitialSqueeze = true,
            Blocks = new[] { 2 },
            Strides = new[] { 1 },
            Hidden = new[] { 4 },
            Kind = kind,
            Activation = Wave.Kind,
        });
        var options = new DensityTrainingOptions
        {
            Steps = 200, Batch = 16, LearningRate = 0.02, EvaluationImages = 32, InitialExamples = 64,
        };
        var run = await DensityTraining.Run(flow, data, options);
        if (!(run.Losses.TakeLast(5).Average() < run.Losses.Take(5).Average() - 0.2))
            throw new Exception($"The loss went from {run.Losses[0]} to {run.Losses[^1]}.");
        """;

    private const string Certificate = """
        using (no_grad())
        {
            flow.Freeze();
            var x = rand(6, 1, 4, 4) - 0.5;
            var back = flow.Transform.Inverse(flow.LatentsOf(x));
            var error = (back.Value - x).abs().max().ToDouble();
            if (!(error <= back.ErrorBound + 1e-5 && back.ErrorBound < 1e-2))
                throw new Exception($"The error is {error}, the certified bound {back.ErrorBound}.");
            var block = flow.ResidualBlocks[0];
            var g = block.Branch.Linearize(rand(3, 4, 2, 2));
            var exact = linalg.slogdet(eye(16) + g.Jacobian()).Item2;
            var series = new PowerSeries(terms: 60, samples: 16, new ColouredProbes(2)).Estimate(g);
            if (!((series - exact).abs().max().ToDouble() < 1e-3))
                throw new Exception($"The series gives {series.str()}, the full Jacobian {exact.str()}.");
        }
        """;

    private readonly NotebookFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ItTrainsAndInverts()
    {
        var (record, text) = await Run(coefficient: 0.4);
        Assert.True(record.Status == RunStatus.Passed, text);
    }

    /// <summary>The control: a branch that says itself to be no contraction is refused, not inverted.</summary>
    [Fact]
    public async Task ABranchThatIsNoContractionFails()
    {
        var (record, text) = await Run(coefficient: 0.9);
        Assert.True(record.Status == RunStatus.Failed, text);
        Assert.Contains("NonConvergenceException", text, StringComparison.Ordinal);
    }

    private async Task<(RunRecord Record, string Text)> Run(double coefficient)
    {
        string parts = Parts.Replace("COEFFICIENT", FormattableString.Invariant($"{coefficient}"));
        string notebook = _folder.Notebook(
            "parts.ipynb",
            Code("usings", Usings),
            Code("parts", parts),
            Code("train", Training),
            Code("end", Certificate)
        );
        var job = new NotebookJob(notebook, _folder.Out, new Dictionary<string, string>(), CellTimeout: null);
        using var console = new StringWriter();
        using var progress = new PlainProgress(console);
        var record = await new NotebookRunner(job, progress).RunAsync(TestContext.Current.CancellationToken);
        return (record, $"{console}{record.Message}");
    }
}
