using IResNet.Experiments.Configuration;

namespace IResNet.Experiments.Speedruns;

/// <summary>A training from scratch whose time is taken: an experiment with its settings, and what ends it.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Goal">What is to be reached, in words.</param>
/// <param name="Create">The experiment with all settings, before the seed.</param>
public sealed record SpeedrunTrack(string Name, string Goal, Func<Experiment> Create)
{
    /// <summary>
    /// The figure to reach on all test images; less is better. Null where the experiment's own seconds end it and the
    /// figure is what counts.
    /// </summary>
    public double? Target { get; init; }

    /// <summary>
    /// The figure on validation images that ends the training: such that the test images confirm the target, for the
    /// first evaluation that meets one is one of luck, and validation images may be harder than these or easier.
    /// </summary>
    public double? Stop { get; init; }

    /// <summary>The experiment with a seed.</summary>
    /// <exception cref="ConfigurationException">The settings are impossible, or none ends the training.</exception>
    internal Experiment Seeded(ulong seed)
    {
        var experiment = Create().With([$"training.seed={seed}"]);
        experiment.Validate();
        if (Target is null && experiment.Options.Seconds is null)
            throw new ConfigurationException($"The track {Name} needs a target, or training.seconds.");
        if (Target is not null && (Stop is null || experiment.Options.EvaluateEvery is null))
            throw new ConfigurationException(
                $"The track {Name} has a target, and needs a figure to stop at and training.evaluateEvery: it is "
                    + "looked for at evaluations."
            );
        return experiment;
    }
}
