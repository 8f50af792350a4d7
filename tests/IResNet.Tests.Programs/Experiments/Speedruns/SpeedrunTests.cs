using IResNet.Experiments.Configuration;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Speedruns;
using IResNet.Experiments.Training;

namespace IResNet.Tests.Programs.Experiments.Speedruns;

/// <summary>Tracks end where they say, and what is printed is what was measured.</summary>
public sealed class SpeedrunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Names => [.. SpeedrunTracks.All.Select(track => track.Name)];

    /// <summary>All settings are known and possible, and each track ends.</summary>
    [Theory, MemberData(nameof(Names))]
    public void TracksAreExperiments(string name)
    {
        var track = SpeedrunTracks.Find(name);
        var experiment = track.Seeded(7);
        Assert.Equal(7UL, experiment.Seed);
        Assert.Equal(track.Target is null, experiment.Options.Seconds is not null);
    }

    [Fact]
    public void ATrackThatDoesNotEndIsRefused()
    {
        var endless = new SpeedrunTrack("endless", "", () => Tiny());
        Assert.Contains("needs a target", Assert.Throws<ConfigurationException>(() => endless.Seeded(1)).Message);
        var blind = Track(1) with { Create = () => Tiny("training.evaluateEvery=null") };
        Assert.Contains("evaluateEvery", Assert.Throws<ConfigurationException>(() => blind.Seeded(1)).Message);
        Assert.Throws<ConfigurationException>(() => (Track(1) with { Stop = null }).Seeded(1));
        var unknown = Assert.Throws<ConfigurationException>(() => SpeedrunTracks.Find("density-mnits"));
        Assert.Contains("Did you mean 'density-mnist'?", unknown.Message);
    }

    /// <summary>
    /// It stops at a figure that the second evaluation meets and the first does not, and the figure in the line is that
    /// of the test points, measured again from the folder.
    /// </summary>
    [Fact]
    public async Task ItEndsWhereTheTargetIsMet()
    {
        var seen = new List<Evaluation>();
        var sink = TrainingSink.Of(happened =>
        {
            if (happened is EvaluationEvent evaluated)
                seen.Add(evaluated.Result);
        });
        var whole = await Speedrun.Run(Track(double.NegativeInfinity), 3, _folder["whole"], sink, cancel: Cancel);
        Assert.Contains("was not met on validation examples in 40 steps", whole.WhyNot);
        var (first, second) = (seen[0].Value, seen[1].Value);
        Assert.True(second < first, $"{first} then {second}: the tiny training does not learn.");

        var record = await Speedrun.Run(Track((first + second) / 2), 3, _folder["met"], cancel: Cancel);
        Assert.Equal(20, record.Run.Step);
        Assert.Equal(second, record.Run.Best!.Value);
        Assert.Equal(500, record.Test.Examples);
        Assert.True(record.Proof.IsInvertible);
        using var saved = SavedModel.Open(_folder["met"]);
        var again = await ModelEvaluation.Evaluate(saved, EvaluationSettings.UsualError, cancel: Cancel);
        Assert.Equal(again.Value, record.Test.Value, 6);
        Assert.Contains($" {record.Test} ", record.Line);
        Assert.Contains("`iresnet speedrun tiny --seed 3 --threads 1`", record.Line);
        Assert.Equal(SpeedrunRecord.Heading.Count('|'.Equals), record.Line.Count('|'.Equals));
    }

    /// <summary>What is no record says why.</summary>
    [Fact]
    public async Task AMissIsSaid()
    {
        var record = await Speedrun.Run(Track(1e6), 1, _folder["run"], cancel: Cancel);
        Assert.Equal(10, record.Run.Step);
        Assert.Null(record.WhyNot);
        var worse = record with { Test = record.Test with { Value = 2e6 } };
        Assert.Contains("the test examples do not confirm it", worse.WhyNot);
        var block = record.Proof.Blocks[0] with { Frozen = 1 };
        var uncertain = record with { Proof = record.Proof with { Blocks = [block] } };
        Assert.Contains("not certain to be invertible", uncertain.WhyNot);
        var cut = record with { Track = record.Track with { Target = null } };
        Assert.Contains("did not come to its end", cut.WhyNot);
        await Assert.ThrowsAsync<RunFolderException>(() =>
            Speedrun.Run(Track(1e6), 1, _folder["run"], cancel: Cancel)
        );
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            Speedrun.Run(Track(1e6), 1, _folder["stopped"], cancel: stopped.Token)
        );
    }

    private static SpeedrunTrack Track(double stop) => new("tiny", "", () => Tiny()) { Target = 1e6, Stop = stop };

    private static Experiment Tiny(params string[] more) =>
        ExperimentCatalogue
            .Get("density-toy", "quick")
            .With([
                "model.blocks=2",
                "model.hidden=8",
                "training.steps=40",
                "training.batch=64",
                "training.learningRate=0.02",
                "training.evaluateEvery=10",
                "training.evaluationPoints=500",
                "run.sampleEvery=null",
                "run.samples=0",
                .. more,
            ]);
}
