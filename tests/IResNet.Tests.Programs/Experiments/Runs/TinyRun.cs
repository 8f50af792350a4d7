using IResNet.Experiments.Configuration;
using IResNet.Experiments.Data;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Training;

namespace IResNet.Tests.Programs.Experiments.Runs;

/// <summary>Run folders with experiments that take a second: twelve steps, five an epoch, on invented digits.</summary>
internal sealed class TinyRun : IDisposable
{
    private static readonly Lazy<ImageDataSet> Digits = new(Invent);

    private static readonly string[] Short =
    [
        "training.steps=12",
        "training.evaluateEvery=4",
        "run.logEvery=1",
        "run.checkpointSeconds=null",
    ];

    private static readonly string[] OfImages =
    [
        .. Short,
        "data.validation=8",
        "model.blocks=1,1",
        "training.batch=8",
    ];

    private static readonly string[] OfDensities =
    [
        .. OfImages,
        "training.evaluationImages=8",
        "training.evaluationTerms=2",
        "training.initialExamples=16",
        "training.averageDecay=0.9",
        "run.sampleEvery=6",
        "run.samples=1",
    ];

    private static readonly string[] InThePlane =
    [
        .. Short,
        "model.blocks=2",
        "training.batch=16",
        "training.evaluationPoints=50",
        "run.samples=0",
    ];

    public TinyRun(Experiment experiment) =>
        (Experiment, Folder) = (
            experiment,
            new RunFolder(Path.Combine(Path.GetTempPath(), $"iresnet-run-{Guid.NewGuid():N}"))
        );

    public Experiment Experiment { get; set; }

    public RunFolder Folder { get; }

    /// <summary>The invented digits.</summary>
    public static ImageDataSet Images => Digits.Value;

    public string Metrics => File.ReadAllText(Folder.MetricsFile);

    public CheckpointFolder Checkpoints => new(Folder.CheckpointsFolder);

    public static Experiment Density(params string[] changes) =>
        Tiny(
            "density-mnist",
            OfDensities,
            [
                "model.hidden=4,4",
                "training.terms=2",
                "training.weightDecay=1e-4",
                "training.warmUpSteps=3",
                "training.clipNorm=5",
            ],
            changes
        );

    public static Experiment ResidualFlow(params string[] changes) =>
        Tiny("residual-flow-mnist", OfDensities, ["model.hidden=3", "model.denseHidden=3,3"], changes);

    public static Experiment Hybrid(params string[] changes) =>
        Tiny("hybrid-mnist", OfDensities, ["model.hidden=4,4", "training.terms=2"], changes);

    public static Experiment Classifier(params string[] changes) =>
        Tiny(
            "classifier-mnist",
            OfImages,
            [
                "model.strides=1,2",
                "model.hidden=4,4",
                "model.padding=1",
                "training.initialExamples=16",
                "training.decaySteps=6",
                "run.samples=0",
            ],
            changes
        );

    public static Experiment ResNet(params string[] changes) =>
        Tiny("resnet-mnist", OfImages, ["model.widths=2,3", "training.averageDecay=0.9"], changes);

    public static Experiment Toy(params string[] changes) =>
        Tiny("density-toy", InThePlane, ["model.hidden=8", "training.initialExamples=32"], changes);

    public static Experiment DenseToy(params string[] changes) =>
        Tiny("i-densenet-toy", InThePlane, ["model.hidden=4,2"], changes);

    /// <summary>Begins or continues, in this process.</summary>
    /// <param name="stopAfter">Cancels when this step was made.</param>
    /// <param name="sink">Told what happens.</param>
    public RunSummary Start(long? stopAfter = null, ITrainingSink? sink = null)
    {
        using var stop = new CancellationTokenSource();
        var stopping = TrainingSink.OfSteps(step =>
        {
            if (step.Step == stopAfter)
                stop.Cancel();
        });
        return Start(TrainingSink.All(stopping, sink), stop.Token);
    }

    public RunSummary Start(ITrainingSink sink, CancellationToken cancel)
    {
        if (!Folder.Exists)
            Folder.Prepare(Experiment);
        using var held = RunLock.Take(Folder);
        using var session = new RunSession(
            Folder,
            Experiment,
            Experiment is ImageExperiment ? Images : null,
            CPU,
            sink
        );
        return session.Run(() => { }, cancel);
    }

    public void Dispose()
    {
        if (Directory.Exists(Folder.Path))
            Directory.Delete(Folder.Path, recursive: true);
    }

    private static Experiment Tiny(string name, string[] common, string[] own, string[] changes) =>
        ExperimentCatalogue.Get(name, "quick").With([.. common, .. own, .. changes]);

    private static ImageDataSet Invent()
    {
        var (random, images) = (new Random(7), new byte[64 * 784]);
        random.NextBytes(images);
        byte[] labels = [.. Enumerable.Range(0, 64).Select(i => (byte)(i % 10))];
        for (int i = 0; i < 64; i++)
            images.AsSpan(i * 784 + labels[i] * 60, 60).Fill(250);
        var all = new ImageSplit(new(1, 28, 28), images, labels);
        return new ImageDataSet(
            "invented digits",
            [.. "0123456789".Select(digit => digit.ToString())],
            all[..48],
            all[48..]
        );
    }
}
