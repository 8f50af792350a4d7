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
                Density(
                    "training.steps=400",
                    "training.learningRate=0.06",
                    "training.warmUpSteps=50",
                    "training.decaySteps=[]",
                    "training.averageDecay=0.95",
                    "training.evaluateEvery=20"
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
                Density(
                    "model.blocks=24,12",
                    "training.terms=10",
                    "training.steps=24000",
                    $"training.seconds={TwoHours}",
                    "training.learningRate=0.04",
                    "training.warmUpSteps=200",
                    "training.decaySteps=14000,18000,21500",
                    "training.averageDecay=0.999",
                    "training.evaluateEvery=2000"
                )
        ),
        new(
            "classifier-mnist",
            "MNIST classifier, c = 0.9: 1.0 % error",
            () =>
                Classifier(
                    "training.steps=5000",
                    "training.decaySteps=3000,4200",
                    "training.evaluateEvery=250",
                    "training.evaluationImages=5000"
                )
        )
        {
            Target = 0.010,
            Stop = 0.009,
        },
        new(
            "classifier-mnist-2h",
            "MNIST classifier, c = 0.9: the lowest error in two hours",
            () =>
                Classifier(
                    "model.blocks=6,6",
                    "model.hidden=32,48",
                    "model.powerIterations=3",
                    "data.preprocessing.maxWarp=0.15",
                    "training.steps=48000",
                    $"training.seconds={TwoHours}",
                    "training.decaySteps=28000,38000,45000",
                    "training.averageDecay=0.999",
                    "training.evaluateEvery=4000",
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

    // Without the logit the blocks must stretch the background by eight bits, and 400 steps end at 2.7 bits/dim on 300
    // test images; behind it at 1.4.
    private static Experiment Density(params string[] settings) =>
        Of("density-mnist", "quick").With([
            "model.logitAlpha=1e-6",
            "data.preprocessing.centred=false",
            "model.activation=lipSwish",
            "model.coefficient=0.95",
            "run.sampleEvery=null",
            .. settings,
        ]);

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
