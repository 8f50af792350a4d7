using IResNet.Tests.Programs.NotebookEngine;
using IResNet.Workbook;

namespace IResNet.Tests.Programs.Experiments.Configuration;

/// <summary>
/// An experiment that is defined in a cell, which sees public members alone: it trains, resumes to the same bits,
/// evaluates, samples and is certified as the built-in ones are.
/// </summary>
public sealed class OutsideExperimentTests : EngineTest
{
    private const string Definition = """
        using System.IO;
        using IResNet;
        using IResNet.Experiments.Configuration;
        using IResNet.Experiments.Data;
        using IResNet.Experiments.Runs;
        using IResNet.Experiments.Training;
        using TorchSharp;
        using static TorchSharp.torch;

        public sealed record RingOptions : TrainingOptions { public double Radius { get; init; } = 2; }

        public sealed record RingExperiment : Experiment
        {
            public ToyFlowConfig Model { get; init; } = new() { Blocks = 2, Hidden = [8] };
            public RingOptions Training { get; init; } =
                new() { Steps = 12, Batch = 16, EvaluateEvery = 4, InitialExamples = 32 };
            public override TrainingOptions Options => Training;
            public override Tensor Examples(ImageDataSet data, int count) =>
                RingTask.Points(count, Training.Radius, new Generator(7));
            public override void SaveSamples(TrainedModel model, string path, SampleSettings settings) =>
                ModelSamples.Save(model.Flow, path, settings);
            protected override void ValidateModel()
            {
                if (!(Training.Radius > 0))
                    throw new ArgumentException($"training.radius is {Training.Radius}, but must be above 0.");
            }
            protected override TrainedModel BuildModel()
            {
                var flow = new ToyFlow(Model);
                flow.WithEstimator(new NeumannSeries(terms: 3));    // draws from torch's own generator
                return new(flow, flow);
            }
            protected override TrainingTask BuildTask(TrainedModel model, ImageDataSet data) =>
                new RingTask(model.Flow, Training);
        }

        public sealed class RingTask : TrainingTask
        {
            private readonly RingOptions _options;
            public RingTask(Flow flow, RingOptions options) : base(flow, options) => (Flow, _options) = (flow, options);
            public override Flow Flow { get; }
            public override int StepsPerEpoch => 1;
            public override BatchState Position { get; set; }
            public static Tensor Points(int count, double radius, Generator generator)
            {
                var angle = 2 * Math.PI * rand(count, generator: generator);
                var noise = 0.1 * randn(new long[] { count, 2 }, generator: generator);
                return radius * stack(new[] { angle.cos(), angle.sin() }, dim: 1) + noise;
            }
            public override Tensor InitialExamples() =>
                Points(Options.InitialExamples, _options.Radius, new Generator(1));
            public override Batch Next() =>
                new(Points(Options.Batch, _options.Radius, Generator), zeros(new long[] { Options.Batch }, int64));
            public override Tensor Loss(Batch batch) => -Flow.forward(batch.Images).mean();
            public override Evaluation Evaluate(HeldOut examples, CancellationToken cancel)
            {
                using var noGrad = no_grad();
                Flow.Freeze();
                manual_seed(3);
                var nats = -Flow.forward(Points(50, _options.Radius, new Generator(2))).mean().ToDouble();
                Flow.train();
                return new("nats", nats, nats - 1, nats + 1, 50);
            }
            public override Tensor Pictures(int count) => zeros(1, 1, 8, 8);
        }

        RingExperiment Preset() => new() { Name = "", Preset = "" };
        ExperimentCatalogue.Add("ring", new Dictionary<string, Func<Experiment>>
        {
            ["quick"] = Preset, ["standard"] = Preset, ["paper"] = Preset,
        });

        async Task<RunSummary> Train(string folder, Experiment experiment, bool resume = false, long? stopAfter = null)
        {
            using var stop = new CancellationTokenSource();
            var sink = TrainingSink.OfSteps(step => { if (step.Step == stopAfter) stop.Cancel(); });
            var options = new TrainingRunOptions { Resume = resume };
            return await TrainingRun.Train(folder, present => present ?? experiment, options, sink, stop.Token);
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public OutsideExperimentTests()
    {
        Engine.Dispose();
        Engine = NotebookHost.CreateEngine(_folder.Path);
    }

    [Fact]
    public async Task ItDoesWhatTheOthersDo()
    {
        await Value(Definition);
        await Value($"var root = @\"{_folder.Path}\"; var ring = ExperimentCatalogue.Get(\"ring\", \"quick\");");

        // Its own key, and its own refusal.
        Assert.Equal(3.0, await Value("((RingExperiment)ring.With(\"training.radius=3\")).Training.Radius"));
        Assert.Contains("training.radius is -1", (await Error("ring.With(\"training.radius=-1\")")).Message);
        Assert.Contains("model.hidden", (await Error("ring.With(\"model.hiden=3\")")).Message);

        await Value("var whole = await Train($\"{root}/whole\", ring);");
        await Value("var begun = await Train($\"{root}/parts\", ring, stopAfter: 6);");
        Assert.Equal(true, await Value("begun.State == RunState.Interrupted"));
        await Value("var parts = await Train($\"{root}/parts\", null, resume: true);");
        Assert.Equal(true, await Value("parts.State == RunState.Finished && parts.Weights == whole.Weights"));
        // The control: another seed is another run.
        await Value("var other = await Train($\"{root}/other\", ring.With(\"training.seed=2\"));");
        Assert.Equal(false, await Value("other.Weights == whole.Weights"));

        await Value("var saved = SavedModel.Open($\"{root}/whole\");");
        Assert.Equal(
            true,
            await Value("(await ModelEvaluation.Evaluate(saved, error: 1)).Value == whole.TestFigure.Value")
        );
        Assert.Contains(
            "on all its test examples",
            (await Error("await ModelEvaluation.Evaluate(saved, error: 1, count: 3)")).Message
        );
        Assert.Equal(true, await Value("(await Reconstruction.Of(saved, 8)).LargestError < 1e-4"));
        await Value("saved.Experiment.SaveSamples(saved.Model, $\"{root}/s.safetensors\", new(5));");
        Assert.Equal(true, await Value("File.Exists($\"{root}/s.safetensors\")"));
        await Value("Exchange.Export(saved, $\"{root}/w.safetensors\");");
        Assert.Equal("ring", await Value("SavedModel.Open($\"{root}/w.safetensors\").Experiment.Name"));

        Assert.Contains(
            "built-in",
            (
                await Error("ExperimentCatalogue.Add(\"density-toy\", new Dictionary<string, Func<Experiment>>())")
            ).Message
        );
    }
}
