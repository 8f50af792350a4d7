using System.Globalization;
using IResNet.Experiments.Runs;

namespace IResNet.Experiments.Sweeps;

/// <summary>
/// A sweep as a Slurm job array. In the sweep's folder are the script, the list of runs, the job's number and the logs.
/// </summary>
public static class SlurmSweep
{
    private static readonly string[] Ended =
    [
        "COMPLETED",
        "FAILED",
        "CANCELLED",
        "TIMEOUT",
        "NODE_FAIL",
        "OUT_OF_MEMORY",
        "BOOT_FAIL",
        "DEADLINE",
    ];

    /// <summary>Writes the script and the list of runs.</summary>
    /// <param name="name">Of the job.</param>
    /// <param name="root">The sweep's folder.</param>
    /// <param name="folders">Its run folders; finished ones get no task.</param>
    /// <param name="command">The program that takes <c>train --run DIR --resume</c>, and its first arguments.</param>
    /// <param name="options">What a task asks for.</param>
    /// <returns>The script, and how many runs it makes.</returns>
    public static (string Script, int Runs) Write(
        string name,
        string root,
        IReadOnlyList<RunFolder> folders,
        IReadOnlyList<string> command,
        SlurmOptions options
    )
    {
        root = Path.GetFullPath(root);
        var waiting = folders.Where(folder => folder.ReadableSummary?.State != RunState.Finished).ToList();
        string script = Path.Combine(root, "sweep.sbatch");
        AtomicFile.WriteAllText(RunsFile(root), string.Concat(waiting.Select(folder => folder.Path + "\n")));
        AtomicFile.WriteAllText(script, SlurmScript.Write(name, root, waiting.Count, command, options));
        return (script, waiting.Count);
    }

    /// <summary>Submits a script, unless a job of the sweep is still queued or running.</summary>
    /// <returns>The number of the job array.</returns>
    /// <exception cref="SlurmException">There is no Slurm here, it refuses, or a job is still there.</exception>
    public static async Task<long> Submit(string root, string script, CancellationToken cancel = default)
    {
        if (
            JobOf(root) is { } before
            && (await Slurm.States(before, cancel)).Values.Any(state => !Ended.Contains(state))
        )
            throw new SlurmException(
                $"Job {before} of this sweep is still queued or running: wait for it, or cancel it with scancel "
                    + $"{before}."
            );
        long job = await Slurm.Submit(script, cancel);
        AtomicFile.WriteAllText(JobFile(root), string.Create(CultureInfo.InvariantCulture, $"{job}\n"));
        return job;
    }

    /// <summary>The state in Slurm of each run that has a task in the sweep's last job, by its folder.</summary>
    /// <exception cref="SlurmException">There is no Slurm here.</exception>
    public static async Task<IReadOnlyDictionary<string, string>> States(
        string root,
        CancellationToken cancel = default
    )
    {
        if (JobOf(root) is not { } job)
            return new Dictionary<string, string>();
        string[] runs = File.ReadAllLines(RunsFile(root));
        return (await Slurm.States(job, cancel))
            .Where(pair => pair.Key >= 1 && pair.Key <= runs.Length)
            .ToDictionary(pair => runs[pair.Key - 1], pair => pair.Value);
    }

    /// <summary>The number of the sweep's last job; null before the first.</summary>
    public static long? JobOf(string root) =>
        File.Exists(JobFile(root))
        && long.TryParse(
            File.ReadAllText(JobFile(root)).Trim(),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out long job
        )
            ? job
            : null;

    private static string RunsFile(string root) => Path.Combine(root, "runs.txt");

    private static string JobFile(string root) => Path.Combine(root, "slurm-job.txt");
}
