using System.Globalization;
using IResNet.Experiments.Configuration;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Runs;

/// <summary>
/// The checkpoints of a run: a folder each, <c>step-00000500</c>, with a manifest and its parts. A checkpoint is
/// written under another name and renamed when all of it is on the disk, and deleted manifest first; so a folder with a
/// manifest is whole.
/// </summary>
internal sealed class CheckpointFolder(string path)
{
    private const string Manifest = "checkpoint.json",
        Prefix = "step-",
        Unfinished = "unfinished-";
    private const int Kept = 2;

    /// <summary>Steps of which there is a checkpoint, the latest first.</summary>
    public IReadOnlyList<long> Steps =>
        !Directory.Exists(path)
            ? []
            :
            [
                .. Directory
                    .GetDirectories(path, Prefix + "*")
                    .Where(folder => File.Exists(Path.Combine(folder, Manifest)))
                    .Select(folder =>
                        long.TryParse(
                            Path.GetFileName(folder)[Prefix.Length..],
                            NumberStyles.None,
                            CultureInfo.InvariantCulture,
                            out long step
                        )
                            ? step
                            : -1
                    )
                    .Where(step => step >= 0)
                    .OrderDescending(),
            ];

    /// <summary>Where a step's checkpoint is.</summary>
    public string Of(long step) =>
        Path.Combine(path, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{step:D8}"));

    /// <summary>Removes what an interrupted saving or deleting left.</summary>
    public void Sweep()
    {
        if (!Directory.Exists(path))
            return;
        foreach (string folder in Directory.GetDirectories(path))
            if (
                Path.GetFileName(folder) is var name
                && (
                    name.StartsWith(Unfinished, StringComparison.Ordinal)
                    || (
                        name.StartsWith(Prefix, StringComparison.Ordinal)
                        && !File.Exists(Path.Combine(folder, Manifest))
                    )
                )
            )
                Directory.Delete(folder, recursive: true);
    }

    /// <summary>
    /// Saves a checkpoint, unless there is one of this step; then only the last two and the best are kept.
    /// </summary>
    /// <param name="manifest">Where the run stands; its parts are filled in here.</param>
    /// <param name="parts">What to save.</param>
    /// <exception cref="RunFolderException">It cannot be written. What was there before is still there.</exception>
    public CheckpointManifest Save(
        CheckpointManifest manifest,
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, Tensor>> parts
    )
    {
        if (Directory.Exists(Of(manifest.Step)))
            return ReadManifest(manifest.Step);
        string unfinished = Path.Combine(path, $"{Unfinished}{Guid.NewGuid():N}");
        try
        {
            // Not CreateDirectory of the whole path: a run folder that somebody deleted must not come back with nothing
            // but a checkpoint in it.
            if (!Directory.Exists(Path.GetDirectoryName(path)))
                throw new DirectoryNotFoundException($"{Path.GetDirectoryName(path)} is gone.");
            Directory.CreateDirectory(unfinished);
            var written = parts.ToDictionary(
                part => part.Key,
                part => CheckpointPart.Write(Path.Combine(unfinished, FileOf(part.Key)), part.Value)
            );
            manifest = manifest with { Parts = written };
            manifest.Write(Path.Combine(unfinished, Manifest));
            Directory.Move(unfinished, Of(manifest.Step));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            TryDelete(unfinished);
            throw new RunFolderException(
                $"The checkpoint of step {manifest.Step} cannot be written: {fault.Message} "
                    + (Steps is [var last, ..] ? $"The last good one is of step {last}." : "There is none before it.")
                    + " Free the disk or repair the folder, then continue with --resume.",
                fault
            );
        }
        foreach (long old in Steps.Skip(Kept).Where(step => step != manifest.Best?.Step))
            Delete(old);
        return manifest;
    }

    /// <summary>Reads a step's manifest.</summary>
    /// <exception cref="CheckpointException">It is damaged.</exception>
    public CheckpointManifest ReadManifest(long step) => CheckpointManifest.Read(Path.Combine(Of(step), Manifest));

    /// <summary>
    /// Reads a step's manifest for an experiment: every path that opens a run comes here, so that no weights are shown
    /// as those of a configuration that was changed behind their back.
    /// </summary>
    /// <exception cref="CheckpointException">It is damaged.</exception>
    /// <exception cref="ConfigurationException">It is another experiment's.</exception>
    public CheckpointManifest ReadManifest(long step, Experiment experiment)
    {
        var manifest = ReadManifest(step);
        TrainingRun.RefuseOther(Of(step), ExperimentJson.Read(manifest.Config.GetRawText()), experiment);
        return manifest;
    }

    /// <summary>Reads parts of a checkpoint, and copies them when all of them are found good.</summary>
    /// <param name="step">Which.</param>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="targets">Where to copy to, by part; they must agree in names, shapes and types.</param>
    /// <exception cref="CheckpointException">A part is damaged or does not fit. Nothing was changed.</exception>
    public void Load(
        long step,
        CheckpointManifest manifest,
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, Tensor>> targets
    )
    {
        var files = new Dictionary<string, TensorFile>();
        try
        {
            foreach (var (part, tensors) in targets)
            {
                if (!manifest.Parts.TryGetValue(part, out var expected))
                    throw new CheckpointException(Of(step), $"it has no part '{part}'.");
                files.Add(part, CheckpointPart.Read(Path.Combine(Of(step), FileOf(part)), expected, tensors));
            }
            using var noGrad = no_grad();
            foreach (var (part, file) in files)
                foreach (var (name, tensor) in file.Tensors)
                    targets[part][name].copy_(tensor);
        }
        finally
        {
            foreach (var file in files.Values)
                file.Dispose();
        }
    }

    /// <summary>Gives a damaged checkpoint another name, so that the run can make that step's again.</summary>
    /// <returns>Where it is now.</returns>
    public string SetAside(long step)
    {
        string aside = Path.Combine(path, $"damaged-{Path.GetFileName(Of(step))}-{Guid.NewGuid():N}");
        Directory.Move(Of(step), aside);
        return aside;
    }

    private void Delete(long step)
    {
        File.Delete(Path.Combine(Of(step), Manifest));
        Directory.Delete(Of(step), recursive: true);
    }

    private static void TryDelete(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The next start sweeps it away.
        }
    }

    private static string FileOf(string part) => $"{part}.safetensors";
}
