using IResNet.Experiments.Configuration;

namespace IResNet.Experiments.Runs;

/// <summary>
/// The folder of a run: <c>config.json</c>, <c>metrics.jsonl</c> (what is the same each time the run is made),
/// <c>timing.jsonl</c> (what is not), <c>checkpoints/</c>, <c>samples/</c> and <c>summary.json</c>.
/// </summary>
public sealed class RunFolder
{
    private const long MaxConfigBytes = 1 << 20;

    /// <summary>Names a folder; nothing is read yet.</summary>
    public RunFolder(string path) => Path = System.IO.Path.GetFullPath(path);

    /// <summary>Its full path.</summary>
    public string Path { get; }

    /// <summary>Whether there is a run in it.</summary>
    public bool Exists => File.Exists(ConfigFile);

    /// <summary>The experiment with all its values.</summary>
    /// <exception cref="RunFolderException">There is no run.</exception>
    /// <exception cref="ConfigurationException">config.json is damaged, or was changed after the run's checkpoints were
    /// made.</exception>
    public Experiment Experiment
    {
        get
        {
            if (!Exists)
                throw new RunFolderException($"{Path} holds no run: there is no config.json in it.");
            if (new FileInfo(ConfigFile).Length > MaxConfigBytes)
                throw new ConfigurationException($"{ConfigFile} is far too large for a configuration.");
            var experiment = ExperimentJson.Read(TextFile.Read(ConfigFile));
            RefuseEdited(experiment);
            return experiment;
        }
    }

    /// <summary>What is known of the run; null before its first start.</summary>
    /// <exception cref="RunFolderException">summary.json is damaged.</exception>
    public RunSummary? Summary => SummaryOf(isHeld: RunLock.IsHeld(this));

    /// <summary>As <see cref="Summary"/>, but null too where summary.json is damaged.</summary>
    internal RunSummary? ReadableSummary
    {
        get
        {
            try
            {
                return Summary;
            }
            catch (RunFolderException)
            {
                return null;
            }
        }
    }

    /// <summary>The training loss of the logged steps.</summary>
    public IReadOnlyList<(long Step, double Loss)> Losses =>
        [.. MetricsLog.Numbers(MetricsFile, "loss").Select(line => (line.Step, line.Values[0]))];

    /// <summary>The held-out figures along the way, with their confidence intervals.</summary>
    public IReadOnlyList<(long Step, double Value, double Low, double High)> Evaluations =>
        [
            .. MetricsLog
                .Numbers(MetricsFile, "value", "low", "high")
                .Select(line => (line.Step, line.Values[0], line.Values[1], line.Values[2])),
        ];

    internal string ConfigFile => In("config.json");

    internal string SummaryFile => In("summary.json");

    internal string MetricsFile => In("metrics.jsonl");

    internal string TimingFile => In("timing.jsonl");

    internal string LockFile => In("run.lock");

    internal string SamplesFolder => In("samples");

    internal string CheckpointsFolder => In("checkpoints");

    /// <summary>All runs in a folder and one level below.</summary>
    public static IReadOnlyList<RunFolder> Find(string root)
    {
        if (!Directory.Exists(root))
            return [];
        string[] folders =
        [
            root,
            .. Directory.GetDirectories(root),
            .. Directory.GetDirectories(root).SelectMany(Directory.GetDirectories),
        ];
        return
        [
            .. folders.Order(StringComparer.Ordinal).Select(path => new RunFolder(path)).Where(folder => folder.Exists),
        ];
    }

    /// <summary>
    /// Puts a run here that <c>iresnet train --resume</c> will make: the folder, and its config.json.
    /// </summary>
    /// <exception cref="RunFolderException">There is another run, or other files.</exception>
    public void Prepare(Experiment experiment)
    {
        Claim();
        WriteConfig(experiment);
    }

    /// <summary>Makes the folder, without a run in it yet.</summary>
    /// <exception cref="RunFolderException">There is another run, or other files.</exception>
    internal void Claim()
    {
        if (
            Exists
            || (
                Directory.Exists(Path)
                && Directory
                    .EnumerateFileSystemEntries(Path)
                    .Any(entry => entry != LockFile && !entry.EndsWith(".tmp", StringComparison.Ordinal))
            )
        )
            throw new RunFolderException(
                $"{Path} is not empty: it holds {(Exists ? "a run; continue it with --resume" : "other files")}, or "
                    + "choose another --run."
            );
        Directory.CreateDirectory(Path);
    }

    /// <summary>Writes config.json, which makes the folder a run.</summary>
    internal void WriteConfig(Experiment experiment) =>
        AtomicFile.WriteAllText(ConfigFile, ExperimentJson.Write(experiment));

    /// <summary>The summary, where it is known whether somebody trains here.</summary>
    internal RunSummary? SummaryOf(bool isHeld) =>
        File.Exists(SummaryFile) ? RunSummary.Read(SummaryFile, isHeld) : null;

    /// <summary>Gives a damaged summary.json another name, so that the next start writes a new one.</summary>
    /// <returns>Where it is now.</returns>
    internal string SetSummaryAside()
    {
        string aside = $"{SummaryFile}.damaged";
        File.Move(SummaryFile, aside, overwrite: true);
        return aside;
    }

    /// <summary>Refuses an experiment that is not the checkpoints'.</summary>
    private void RefuseEdited(Experiment experiment)
    {
        var checkpoints = new CheckpointFolder(CheckpointsFolder);
        foreach (long step in checkpoints.Steps)
            try
            {
                checkpoints.ReadManifest(step, experiment);
                return;
            }
            catch (CheckpointException)
            {
                // Damaged: the one before it tells.
            }
    }

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
