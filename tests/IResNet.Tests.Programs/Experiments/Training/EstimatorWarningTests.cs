using System.Diagnostics;
using IResNet.Experiments.Training;
using IResNet.Experiments.Training.Estimators;

namespace IResNet.Tests.Programs.Experiments.Training;

/// <summary>
/// An estimator whose number of terms can scatter far, at the bound that the coefficients allow, is warned of wherever
/// it is chosen.
/// </summary>
public class EstimatorWarningTests
{
    private static readonly RussianRouletteOptions TwoTerms = new() { ExactTerms = 2 };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("density, by the options")]
    [InlineData("density, its own")]
    [InlineData("hybrid, by the options")]
    [InlineData("toy, its own")]
    public async Task TrainingsTellTheSink(string way)
    {
        var messages = new List<string>();
        var sink = TrainingSink.Of(happened =>
        {
            if (happened is MessageEvent message)
                messages.Add(message.Text);
        });
        await Train(way, TwoTerms, sink);
        Assert.Contains(messages, message => message.StartsWith("2 of 2 blocks: Lip(g) is bounded by 0.94"));
        // Exact terms added where the options leave their number open; where none is estimated there is no doubt.
        messages.Clear();
        if (way.EndsWith("options"))
            await Train(way, TwoTerms with { ExactTerms = null }, sink);
        else
            await Train(way, null, sink);
        Assert.DoesNotContain(messages, message => message.Contains("Lip(g)"));
    }

    /// <summary>Without a sink, and in a loop of one's own.</summary>
    [Fact]
    public async Task OthersTellTheTrace()
    {
        using var heard = new Heard();
        await Train("density, by the options", TwoTerms, sink: null);
        Assert.Equal(1, heard.Warnings);
        using var flow = new ToyFlow(new ToyFlowConfig { Blocks = 2, Hidden = [4, 4], SpectralNorm = Loose });
        Assert.Null(flow.EstimatorWarning());
        flow.WithEstimator(TwoTerms.Create());
        Assert.Equal(2, heard.Warnings);
        Assert.StartsWith("2 of 2 blocks: Lip(g) is bounded by 0.94", flow.EstimatorWarning());
        Assert.Null(flow.EstimatorWarning(_ => new ExactLogDet()));
        flow.WithEstimator(new RussianRoulette(exactTerms: 60));
        Assert.Equal(2, heard.Warnings);
    }

    private static SpectralNormOptions Loose => new() { Coefficient = 0.98 };

    private static async Task Train(string way, RussianRouletteOptions? roulette, ITrainingSink? sink)
    {
        var options = Tiny.Options with { Steps = 1, Estimator = way.EndsWith("options") ? roulette : null };
        var config = new FlowConfig
        {
            Input = Tiny.Shape,
            Blocks = [1, 1],
            Hidden = [4, 4],
            InitialSqueeze = true,
            SpectralNorm = Loose,
        };
        switch (way.Split(',')[0])
        {
            case "density":
                using (var flow = new MultiscaleFlow(config))
                {
                    Own(flow);
                    await DensityTraining.Run(flow, Tiny.Corners(), options, sink, Cancel);
                }
                break;
            case "hybrid":
                using (var flow = new HybridFlow(config, 4, new ClassGaussiansConfig()))
                    await HybridTraining.Run(
                        flow,
                        Tiny.Corners(),
                        new HybridTrainingOptions { Steps = 1, Batch = 16, Estimator = options.Estimator },
                        sink,
                        Cancel
                    );
                break;
            default:
                using (var flow = new ToyFlow(new ToyFlowConfig { Blocks = 2, Hidden = [4, 4], SpectralNorm = Loose }))
                {
                    Own(flow);
                    await ToyTraining.Run(flow, "8gaussians", new() { Steps = 1, Batch = 16 }, sink, Cancel);
                }
                break;
        }

        void Own(Flow flow)
        {
            if (roulette is not null && way.EndsWith("its own"))
                flow.WithEstimator(roulette.Create());
        }
    }

    /// <summary>Counts the warnings of this thread's flows that go to the trace.</summary>
    private sealed class Heard : TraceListener
    {
        public Heard() => Trace.Listeners.Add(this);

        public int Warnings { get; private set; }

        public override void Write(string? message) { }

        public override void WriteLine(string? message)
        {
            if (message!.StartsWith("2 of 2 blocks: Lip(g) is bounded by 0.94", StringComparison.Ordinal))
                Warnings++;
        }

        protected override void Dispose(bool disposing)
        {
            Trace.Listeners.Remove(this);
            base.Dispose(disposing);
        }
    }
}
