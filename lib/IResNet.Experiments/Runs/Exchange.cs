using System.Text.Json;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Training.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Runs;

/// <summary>
/// Weights for other programs, and from them: safetensors with the names of the official PyTorch code.
/// </summary>
public static class Exchange
{
    // Each in every file of a model with such a prior, and in no other.
    private static readonly string[] JointPriors = ["prior.means", "prior.density.mean"];

    // As many as before a training's first step: from then on they go on with it.
    private const int SearchIterations = 50;

    /// <summary>
    /// Writes a model's weights: under the official names where the official code has such a model, else under ours.
    /// The file names its experiment and, of a run, what <see cref="RunSummary"/> says: seed, steps, test figure,
    /// times, machine (not its name).
    /// </summary>
    /// <param name="saved">The model.</param>
    /// <param name="path">The file; replaced if there is one.</param>
    /// <param name="isCompact">Leaves out the vectors of power iteration, up to half of a file: they are found anew on
    /// opening, and the certified model is the same. Under our names only.</param>
    /// <exception cref="ConfigurationException">The file would be compact, but the official code could not read
    /// it.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Export(SavedModel saved, string path, bool isCompact = false)
    {
        var official = Official(saved.Model);
        if (isCompact && official is not null)
            throw new ConfigurationException(
                "The official code has such a model, and needs the vectors of power iteration: leave --compact out."
            );
        var metadata = new Dictionary<string, string>
        {
            ["format"] = "pt",
            [SavedModel.ConfigKey] = ExperimentJson.Write(saved.Experiment),
        };
        if (saved.Summary is { } summary)
            metadata[SavedModel.RunKey] = (summary with { Machine = summary.Machine with { Host = "" } }).Text;
        SafeTensors.Save(path, official ?? Own(saved.Model.Module, isCompact), metadata);
    }

    /// <summary>Makes a run folder whose training goes on from a file's weights, with a fresh optimiser.</summary>
    /// <param name="file">An official state_dict saved as safetensors, or a file that <see cref="Export"/>
    /// wrote. A density's weights may begin a hybrid experiment's run (<see cref="HybridFlow.StartFrom"/>), and a
    /// hybrid's flow one with another head.</param>
    /// <param name="folder">The new run folder.</param>
    /// <param name="choose">Gives the experiment; its argument is what the file says, null where it says
    /// nothing.</param>
    /// <exception cref="WeightsFormatException">The file is damaged or does not fit the experiment's model.</exception>
    /// <exception cref="RunFolderException">The folder is not empty or cannot be written.</exception>
    /// <exception cref="ConfigurationException">The experiment is unknown or impossible.</exception>
    public static void Import(string file, string folder, Func<Experiment?, Experiment> choose)
    {
        if (!File.Exists(file))
            throw new RunFolderException($"There is no file '{file}'.");
        using var saved = Start(file, choose);
        var run = new RunFolder(folder);
        saved.Model.Module.train();
        TrainingRun.Guarded(run, () =>
        {
            run.Claim();
            using var held = RunLock.Take(run);
            var start = Begin(run, saved);
            // Last: a run without its checkpoint would begin from other weights.
            run.WriteConfig(saved.Experiment);
            return start;
        });
    }

    private static SavedModel Start(string file, Func<Experiment?, Experiment> choose)
    {
        Experiment? chosen = null;
        var saved = SavedModel.Open(file, choose: present =>
        {
            chosen = choose(present);
            return BeginsHybrid(present, chosen) ? present! : chosen;
        });
        if (ReferenceEquals(saved.Experiment, chosen))
            return saved;
        using (saved)
        {
            var model = chosen!.CreateModel(CPU);
            var hybrid = (HybridFlow)model.Flow;
            if (saved.Model.Flow is MultiscaleFlow density)
                hybrid.StartFrom(density);
            else
                StateDict.Copy(saved.Model.Flow.Transform.state_dict(), hybrid.Transform.state_dict());
            return new(chosen, model, file);
        }
    }

    /// <summary>Whether only the flow goes on: that of a density, or of a hybrid with another head.</summary>
    private static bool BeginsHybrid(Experiment? present, Experiment chosen) =>
        chosen is HybridExperiment hybrid
        && (present is DensityExperiment || present is HybridExperiment other && other.Head != hybrid.Head);

    /// <summary>The checkpoint before the first step.</summary>
    private static CheckpointManifest Begin(RunFolder run, SavedModel saved)
    {
        var options = saved.Experiment.Options;
        using var scope = NewDisposeScope();
        var parameters = new FlatParameters(saved.Model.Module);
        using var optimizer = options.Optimizer.Create(parameters, options);
        var start = new CheckpointManifest
        {
            Config = JsonElement.Parse(ExperimentJson.Write(saved.Experiment)),
            Step = 0,
            Updates = 0,
            SkippedInARow = 0,
            Data = new(options.Seed),
            Evaluated = true,
            Machine = RunMachine.Here(CPU),
        };
        var average = options.AverageDecay is null ? null : parameters.Values();
        return new CheckpointFolder(run.CheckpointsFolder).Save(
            start,
            TrainerState.Parts(saved.Model.Module, parameters, optimizer, average)
        );
    }

    /// <summary>Copies tensors with the official names or with ours into a model.</summary>
    /// <exception cref="WeightsFormatException">They do not fit. Nothing was changed.</exception>
    internal static void Load(TrainedModel model, IReadOnlyDictionary<string, Tensor> tensors)
    {
        var ours = TrainerState.Of(model.Module);
        tensors = StateDict.Unwrapped(tensors, ours);
        string? joint = Array.Find(JointPriors, tensors.ContainsKey);
        if (joint is not null && model.Module is not HybridFlow)
            throw new WeightsFormatException(
                $"These are weights of a hybrid model, with '{joint}', but a {model.Module.GetName()} knows no joint "
                    + "prior: name a hybrid experiment."
            );
        if (joint is null && model.Module is HybridFlow)
            throw new WeightsFormatException(
                $"These weights know no classes: there is none of {string.Join(", ", JointPriors)}. Name a density "
                    + "experiment; iresnet import begins a hybrid from a density's file that names its experiment."
            );
        // Some names are the same in both.
        bool official =
            Official(model) is { } names
            && tensors.Keys.Any(name => names.ContainsKey(name) && !ours.ContainsKey(name));
        if (!official)
            Copy(model.Module, tensors, ours);
        else if (model.Classifier is { } classifier)
            OfficialWeights.Load(classifier, tensors);
        else
            OfficialWeights.Load(model.Flow, tensors);
    }

    private static IReadOnlyDictionary<string, Tensor> Own(nn.Module model, bool isCompact) =>
        isCompact
            ? TrainerState.Of(model).ExceptBy(Found(model), entry => entry.Key).ToDictionary()
            : TrainerState.Of(model);

    /// <summary>Copies tensors with our names, with or without what power iteration found.</summary>
    private static void Copy(
        nn.Module model,
        IReadOnlyDictionary<string, Tensor> tensors,
        IReadOnlyDictionary<string, Tensor> ours
    )
    {
        var found = Found(model).ToHashSet();
        if (found.Any(tensors.ContainsKey))
        {
            StateDict.Copy(tensors, ours);
            return;
        }
        StateDict.Copy(tensors, ours.ExceptBy(found, entry => entry.Key).ToDictionary());
        foreach (var layer in model.modules().OfType<SpectralLayer>())
            layer.SearchNorm(SearchIterations);
    }

    /// <summary>The names of what power iteration finds.</summary>
    private static IEnumerable<string> Found(nn.Module model) =>
        from part in model.named_modules()
        where part.module is SpectralLayer
        from vector in new[] { "u", "v", "sigma" }
        select $"{part.name}.{vector}";

    private static IReadOnlyDictionary<string, Tensor>? Official(TrainedModel model) =>
        model switch
        {
            { Invertible: { } flow } when !OfficialWeights.Knows(flow) => null,
            { Classifier: { } classifier } => OfficialWeights.Named(classifier),
            { Invertible: { } flow } => OfficialWeights.Named(flow),
            _ => null,
        };
}
