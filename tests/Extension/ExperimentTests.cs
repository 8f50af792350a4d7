using Extension.Parts;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Training;

namespace Extension;

/// <summary>An experiment from outside: its runs are resumed, evaluated and inverted as the library's own.</summary>
public sealed class ExperimentTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("iresnet-extension-").FullName;

    public ExperimentTests() =>
        ExperimentCatalogue.Add(
            "stripes",
            new Dictionary<string, Func<Experiment>>
            {
                ["quick"] = () => new StripesExperiment { Name = "", Preset = "" },
            }
        );

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task ARunResumesToTheSameBits()
    {
        var experiment = ExperimentCatalogue.Get("stripes", "quick");
        var whole = await Train("whole", experiment);
        Assert.Equal((RunState.Finished, 8), (whole.State, whole.Step));

        var begun = await Train("parts", experiment, stopAfter: 5);
        Assert.Equal((RunState.Interrupted, 5), (begun.State, begun.Step));
        var parts = await Train("parts", null, resume: true);
        Assert.Equal((RunState.Finished, 1), (parts.State, parts.Resumed));
        Assert.Equal(whole.Weights, parts.Weights);
        Assert.Equal(whole.TestFigure, parts.TestFigure);

        // The control: another seed gives other weights.
        var other = await Train("other", experiment.With("training.seed=2"));
        Assert.NotEqual(whole.Weights, other.Weights);

        using var saved = SavedModel.Open(Path.Combine(_root, "parts"));
        Assert.IsType<MixedFlow>(saved.Model.Flow);
        var back = await Reconstruction.Of(saved, 8, cancel: TestContext.Current.CancellationToken);
        Assert.InRange(back.LargestError, 0, back.ErrorBound + 1e-4);
        string samples = Path.Combine(_root, "samples.png");
        saved.Experiment.SaveSamples(saved.Model, samples, new(4));
        Assert.True(new FileInfo(samples).Length > 0);
    }

    [Fact]
    public void ItsOwnKeysAreReadAndJudged()
    {
        var experiment = ExperimentCatalogue.Get("stripes", "quick");
        Assert.Equal(96, ((StripesExperiment)experiment.With("training.images=96")).Training.Images);
        var fault = Assert.Throws<ConfigurationException>(() => experiment.With("training.images=3"));
        Assert.Contains("training.images is 3", fault.Message, StringComparison.Ordinal);
    }

    private async Task<RunSummary> Train(
        string folder,
        Experiment? experiment,
        bool resume = false,
        long? stopAfter = null
    )
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var sink = TrainingSink.OfSteps(step =>
        {
            if (step.Step == stopAfter)
                stop.Cancel();
        });
        return await TrainingRun.Train(
            Path.Combine(_root, folder),
            present => present ?? experiment!,
            new() { Resume = resume },
            sink,
            stop.Token
        );
    }
}
