using IResNet.Experiments.Configuration;

namespace IResNet.Experiments.Speedruns;

/// <summary>The tracks of <c>notebooks/SPEEDRUN.md</c>. A better time may come from other settings here.</summary>
public static class SpeedrunTracks
{
    private const double TwoHours = 7200;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<SpeedrunTrack> All { get; } =
    [
        new(
            "density-mnist",
            "MNIST density, 1x28x28: 2.00 bits/dim",
            () =>
                Of(
                    "density-mnist",
                    "quick",
                    "model.coefficient=0.95",
                    "training.steps=2400",
                    "training.learningRate=0.02",
                    "training.decaySteps=1500,1900",
                    "training.averageDecay=0.985",
                    "training.evaluateEvery=100",
                    "run.sampleEvery=null"
                )
        )
        {
            Target = 2.00,
            Stop = 2.05,
        },
        new(
            "density-mnist-2h",
            "MNIST density, 1x28x28: the lowest bits/dim in two hours",
            () =>
                Of(
                    "density-mnist",
                    "standard",
                    "training.terms=8",
                    "training.steps=null",
                    $"training.seconds={TwoHours}",
                    "training.decaySteps=60000,90000",
                    "training.evaluateEvery=5000",
                    "run.sampleEvery=null"
                )
        ),
        new(
            "classifier-mnist",
            "MNIST classifier, c = 0.9: 1.0 % error",
            () =>
                Classifier(
                    "training.steps=6000",
                    "training.decaySteps=3500,5000",
                    "training.evaluateEvery=250",
                    "training.evaluationImages=5000"
                )
        )
        {
            Target = 0.010,
            Stop = 0.008,
        },
        new(
            "classifier-mnist-2h",
            "MNIST classifier, c = 0.9: the lowest error in two hours",
            () =>
                Classifier(
                    "training.steps=null",
                    $"training.seconds={TwoHours}",
                    "training.decaySteps=60000,90000",
                    "training.evaluateEvery=5000",
                    "training.evaluationImages=5000"
                )
        ),
        new("toy", "2-D density, eight Gaussians: 3.1 nats; to try a speedrun in seconds", () =>
            Of("density-toy", "quick", "training.evaluateEvery=50", "run.sampleEvery=null")
        )
        {
            Target = 3.1,
            Stop = 3.07,
        },
    ];

    /// <summary>The track of a name.</summary>
    /// <exception cref="ConfigurationException">There is none; the message names the nearest.</exception>
    public static SpeedrunTrack Find(string name) =>
        All.FirstOrDefault(track => track.Name == name)
        ?? throw new ConfigurationException(
            $"There is no track '{name}'. {Names.Advice(name, [.. All.Select(track => track.Name)])}"
        );

    private static Experiment Of(string name, string preset, params string[] settings) =>
        ExperimentCatalogue.Get(name, preset).With(settings);

    private static Experiment Classifier(params string[] settings) =>
        Of("classifier-mnist", "standard").With([
            "model.blocks=3,3",
            "model.strides=1,2",
            "model.hidden=32,32",
            "model.initialSqueeze=true",
            "model.padding=7",
            "model.coefficient=0.9",
            "model.powerIterations=5",
            "training.batch=64",
            "training.learningRate=0.05",
            .. settings,
        ]);
}
