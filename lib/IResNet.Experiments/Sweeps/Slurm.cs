using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace IResNet.Experiments.Sweeps;

/// <summary>Slurm's commands cannot be used, or refuse.</summary>
/// <param name="message">The command and what it said.</param>
/// <param name="cause">The error behind it.</param>
public sealed class SlurmException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>Talks to Slurm by its commands.</summary>
public static class Slurm
{
    /// <summary>Submits a script.</summary>
    /// <returns>The number of the job array.</returns>
    /// <exception cref="SlurmException">There is no Slurm here, or it refuses.</exception>
    public static async Task<long> Submit(string script, CancellationToken cancel = default)
    {
        string output = await Run(cancel, "sbatch", "--parsable", script);
        // "123" or "123;cluster"
        return long.TryParse(output.Split(';')[0].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long job)
            ? job
            : throw new SlurmException($"sbatch said '{output.Trim()}' instead of a job number.");
    }

    /// <summary>
    /// The states of a job array's tasks: queued and running ones by squeue, ended ones by sacct where accounting is
    /// on.
    /// </summary>
    /// <param name="job">The number of the array.</param>
    /// <param name="cancel">Ends the commands.</param>
    /// <returns>Task number to state, as Slurm writes it: PENDING, RUNNING, COMPLETED.</returns>
    /// <exception cref="SlurmException">There is no Slurm here.</exception>
    public static async Task<IReadOnlyDictionary<int, string>> States(long job, CancellationToken cancel = default)
    {
        string number = job.ToString(CultureInfo.InvariantCulture);
        var states = new Dictionary<int, string>();
        foreach (string text in new[] { await Accounted(number, cancel), await Queued(number, cancel) })
            foreach (var (task, state) in Parse(text))
                states[task] = state;
        return states;
    }

    /// <summary>Lines of <c>JOB_TASK|STATE</c>; others (steps, arrays as a whole) are left out.</summary>
    internal static IEnumerable<(int Task, string State)> Parse(string text)
    {
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            if (
                line.Trim().Split('|') is [var id, var state, ..]
                && id.Split('_') is [_, var task]
                && int.TryParse(task, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            )
                yield return (number, state.Split(' ')[0]); // "CANCELLED by 1000"
    }

    private static async Task<string> Queued(string job, CancellationToken cancel)
    {
        try
        {
            return await Run(cancel, "squeue", "--noheader", "--array", $"--jobs={job}", "--format=%i|%T");
        }
        catch (SlurmException gone) when (gone.Message.Contains("Invalid job id", StringComparison.Ordinal))
        {
            return ""; // all of it ended some minutes ago
        }
    }

    private static async Task<string> Accounted(string job, CancellationToken cancel)
    {
        try
        {
            return await Run(
                cancel,
                "sacct",
                "--noheader",
                "--allocations",
                "--parsable2",
                $"--jobs={job}",
                "--format=JobID,State"
            );
        }
        catch (SlurmException)
        {
            return ""; // no accounting on this cluster
        }
    }

    private static async Task<string> Run(CancellationToken cancel, string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
            )!;
            var (output, error) = (
                process.StandardOutput.ReadToEndAsync(cancel),
                process.StandardError.ReadToEndAsync(cancel)
            );
            await process.WaitForExitAsync(cancel);
            return process.ExitCode == 0
                ? await output
                : throw new SlurmException($"{program} {string.Join(' ', arguments)}: {(await error).Trim()}");
        }
        catch (Win32Exception missing)
        {
            throw new SlurmException(
                $"There is no {program} here: is this a machine of a Slurm cluster? Without Slurm, leave out --slurm "
                    + "and give --jobs.",
                missing
            );
        }
    }
}
