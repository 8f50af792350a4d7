using System.Globalization;

namespace IResNet.Experiments.Sweeps;

/// <summary>
/// The batch script of a sweep: a job array with a task for each run, safe to be requeued, because a run continues
/// exactly. Before its time limit a task gets SIGUSR1, saves a checkpoint and puts itself back into the queue; at
/// SIGTERM (preemption, <c>scancel</c>) it saves a checkpoint and ends.
/// </summary>
public static class SlurmScript
{
    private const int SecondsToSave = 120;

    /// <summary>The text of the script.</summary>
    /// <param name="name">Of the job.</param>
    /// <param name="folder">The sweep's folder: the list of runs is <c>runs.txt</c> in it, the logs go there.</param>
    /// <param name="runs">How many.</param>
    /// <param name="command">The program that takes <c>train --run DIR --resume</c>, and its first arguments.</param>
    /// <param name="options">What a task asks for.</param>
    /// <exception cref="SlurmException">The folder, or what is asked for, cannot stand in a batch script.</exception>
    public static string Write(
        string name,
        string folder,
        int runs,
        IReadOnlyList<string> command,
        SlurmOptions options
    )
    {
        string[] directives =
        [
            $"--job-name={name}",
            string.Create(
                CultureInfo.InvariantCulture,
                $"--array=1-{runs}{(options.AtOnce is { } atOnce ? $"%{atOnce}" : "")}"
            ),
            "--requeue",
            "--open-mode=append",
            $"--output={Pattern(folder)}/slurm-%A_%a.log",
            string.Create(CultureInfo.InvariantCulture, $"--signal=B:USR1@{SecondsToSave}"),
            "--ntasks=1",
            string.Create(CultureInfo.InvariantCulture, $"--cpus-per-task={options.Cores}"),
            .. options.Gpus > 0
                ? [string.Create(CultureInfo.InvariantCulture, $"--gres=gpu:{options.Gpus}")]
                : Array.Empty<string>(),
            .. Optional("partition", options.Partition),
            .. Optional("time", options.Time),
            .. Optional("mem", options.Memory),
            .. Optional("account", options.Account),
        ];
        return $$"""
            #!/bin/bash
            {{string.Join("\n", directives.Select(directive => $"#SBATCH {ShellWord.Directive(directive)}"))}}

            # Task N makes the run in line N of runs.txt.
            run=$(sed -n "${SLURM_ARRAY_TASK_ID}p" {{ShellWord.Quote(folder + "/runs.txt")}})
            [ -n "$run" ] || { echo "runs.txt has no line $SLURM_ARRAY_TASK_ID"; exit 1; }
            export OMP_NUM_THREADS=$SLURM_CPUS_PER_TASK

            {{string.Join(
                " ",
                command.Select(ShellWord.Quote)
            )}} train --run "$run" --resume --threads "$SLURM_CPUS_PER_TASK" --device {{(
                options.Gpus > 0 ? "cuda" : "cpu"
            )}} &
            training=$!

            # A signal wakes the shell from its waiting; the training then still saves its checkpoint.
            again=0
            trap 'again=1; kill -TERM $training 2>/dev/null' USR1
            trap 'kill -TERM $training 2>/dev/null' TERM INT
            while :; do
                wait $training
                code=$?
                kill -0 $training 2>/dev/null || break
            done

            # Only for the time limit: whoever cancels or preempts a job decides himself whether it runs again.
            if [ $again = 1 ] && [ $code != 0 ]; then
                scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
            fi
            exit $code

            """.ReplaceLineEndings(
            "\n"
        );
    }

    private static string[] Optional(string name, string? value) => value is null ? [] : [$"--{name}={value}"];

    /// <summary>A folder in a file name pattern: Slurm takes %A there as the job's number, and %% as %.</summary>
    /// <exception cref="SlurmException">It has a backslash, after which Slurm takes no pattern at all, or a line
    /// break.</exception>
    private static string Pattern(string folder) =>
        folder.AsSpan().ContainsAny('\\', '\n', '\r')
            ? throw new SlurmException(
                $"Slurm cannot write logs to '{folder}': the path has a backslash or a line break. Choose another "
                    + "--folder."
            )
            : folder.Replace("%", "%%", StringComparison.Ordinal);
}
