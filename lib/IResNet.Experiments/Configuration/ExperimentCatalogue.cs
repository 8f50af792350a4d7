using System.Collections.Concurrent;

namespace IResNet.Experiments.Configuration;

/// <summary>
/// The experiments of the paper, those of what came after it (<c>residual-flow-…</c>, <c>i-densenet-…</c>), and
/// their presets: <c>quick</c> (two CPU cores, minutes), <c>standard</c> (a night on a CPU), <c>paper</c> (the paper's
/// own settings) and, where it published a script, <c>official</c> (that script's settings, which differ).
/// <see cref="Add"/> takes others.
/// </summary>
public static class ExperimentCatalogue
{
    private static readonly Dictionary<string, IReadOnlyDictionary<string, Func<Experiment>>> BuiltIn = new()
    {
        ["density-mnist"] = DensityPresets.Mnist,
        ["density-cifar10"] = DensityPresets.Cifar10,
        ["density-toy"] = ToyPresets.Residual,
        ["glow-toy"] = ToyPresets.Glow,
        ["residual-flow-mnist"] = ResidualFlowPresets.Mnist,
        ["residual-flow-cifar10"] = ResidualFlowPresets.Cifar10,
        ["residual-flow-toy"] = ResidualFlowPresets.Toy,
        ["i-densenet-cifar10"] = ResidualFlowPresets.DenseCifar10,
        ["i-densenet-toy"] = ResidualFlowPresets.DenseToy,
        ["classifier-mnist"] = ClassifierPresets.Mnist,
        ["classifier-cifar10"] = ClassifierPresets.Cifar10,
        ["classifier-cifar100"] = ClassifierPresets.Cifar100,
        ["hybrid-mnist"] = HybridPresets.Mnist,
        ["hybrid-cifar10"] = HybridPresets.Cifar10,
        ["resnet-mnist"] = ClassifierPresets.ResNets("classifier-mnist"),
        ["resnet-cifar10"] = ClassifierPresets.ResNets("classifier-cifar10"),
        ["resnet-cifar100"] = ClassifierPresets.ResNets("classifier-cifar100"),
    };

    private static readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, Func<Experiment>>> Added = new();

    /// <summary>The names of all experiments.</summary>
    public static IReadOnlyList<string> Names => [.. BuiltIn.Keys, .. Added.Keys.Order(StringComparer.Ordinal)];

    /// <summary>
    /// Adds an experiment of your own, for this process: from then on it is found by its name, and so are the models of
    /// its runs. One that was added before under the name is replaced, as when a cell runs again.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="presets">Its presets by name; <see cref="Experiment.Name"/> and <see cref="Experiment.Preset"/> are
    /// set to the names here.</param>
    /// <exception cref="ArgumentException">The name is a built-in experiment's, or there is no preset.</exception>
    public static void Add(string name, IReadOnlyDictionary<string, Func<Experiment>> presets)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (BuiltIn.ContainsKey(name))
            throw new ArgumentException($"'{name}' is a built-in experiment: choose another name.", nameof(name));
        if (presets.Count == 0)
            throw new ArgumentException($"Experiment '{name}' needs a preset at least.", nameof(presets));
        Added[name] = presets;
    }

    /// <summary>The presets of an experiment.</summary>
    /// <exception cref="ConfigurationException">There is no such experiment.</exception>
    public static IReadOnlyList<string> Presets(string name) => [.. PresetsOf(name).Keys];

    /// <summary>An experiment with a preset's values.</summary>
    /// <exception cref="ConfigurationException">There is no such experiment or preset; the message names the
    /// nearest.</exception>
    public static Experiment Get(string name, string preset)
    {
        var presets = PresetsOf(name);
        if (!presets.TryGetValue(preset, out var create))
            throw new ConfigurationException(
                $"Experiment '{name}' has no preset '{preset}'. {Configuration.Names.Advice(preset, [.. presets.Keys])}"
            );
        return create() with { Name = name, Preset = preset };
    }

    private static IReadOnlyDictionary<string, Func<Experiment>> PresetsOf(string name) =>
        BuiltIn.TryGetValue(name, out var presets) || Added.TryGetValue(name, out presets)
            ? presets
            : throw new ConfigurationException(
                $"There is no experiment '{name}'. {Configuration.Names.Advice(name, Names)}"
            );
}
