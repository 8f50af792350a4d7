using System.Diagnostics;
using IResNet.Experiments.Runs;

namespace IResNet.Experiments.Sweeps;

/// <summary>
/// Makes the runs of a sweep on this machine, each in a process of its own, some at a time. Finished ones are left,
/// interrupted ones go on.
/// </summary>
public static class LocalSweep
{
    /// <summary>Makes all runs.</summary>
    /// <param name="folders">The prepared run folders.</param>
    /// <param name="command">The program that takes <c>train --run DIR --resume</c>, and its first arguments.</param>
    /// <param name="options">More arguments of <c>train</c>: device, threads.</param>
    /// <param name="jobs">How many at a time.</param>
    /// <param name="progress">Told a line when a run begins and ends.</param>
    /// <param name="cancel">Asks the running ones to save and stop, and begins no more.</param>
    /// <returns>The runs that did not finish.</returns>
    public static async Task<IReadOnlyList<RunFolder>> Make(
        IReadOnlyList<RunFolder> folders,
        IReadOnlyList<string> command,
        IReadOnlyList<string> options,
        int jobs,
        Action<string> progress,
        CancellationToken cancel
    )
    {
        var failed = new List<RunFolder>();
        int done = 0;
        var waiting = folders.Where(folder => folder.ReadableSummary?.State != RunState.Finished).ToList();
        if (waiting.Count < folders.Count)
            progress($"{folders.Count - waiting.Count} of {folders.Count} runs are finished already");
        await Parallel.ForEachAsync(waiting, new ParallelOptions { MaxDegreeOfParallelism = jobs }, async (folder, _) =>
        {
            if (cancel.IsCancellationRequested)
                return;
            string name = Path.GetFileName(folder.Path);
            progress($"{name}: begins");
            int code = await Train(folder, command, options, cancel);
            var summary = folder.ReadableSummary;
            bool finished = code == 0 && summary?.State == RunState.Finished;
            if (!finished)
                lock (failed)
                    failed.Add(folder);
            string outcome = finished
                ? $"{summary!.Test} in {TimeSpan.FromSeconds(Math.Round(summary.WallSeconds)):g}"
                : $"{summary?.State.ToString().ToLowerInvariant() ?? "failed"}, exit code {code}, see {LogOf(folder)}";
            progress($"{name}: {outcome} ({Interlocked.Increment(ref done)}/{waiting.Count})");
        });
        return failed;
    }

    private static string LogOf(RunFolder folder) => Path.Combine(folder.Path, "log.txt");

    private static async Task<int> Train(
        RunFolder folder,
        IReadOnlyList<string> command,
        IReadOnlyList<string> options,
        CancellationToken cancel
    )
    {
        var start = new ProcessStartInfo(
            command[0],
            [.. command.Skip(1), "train", "--run", folder.Path, "--resume", .. options]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        await using var log = new StreamWriter(LogOf(folder), append: true) { AutoFlush = true };
        using var process = new Process { StartInfo = start };
        void Write(object _, DataReceivedEventArgs line)
        {
            lock (log)
                if (line.Data is not null)
                    log.WriteLine(line.Data);
        }
        process.OutputDataReceived += Write;
        process.ErrorDataReceived += Write;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await using var stop = cancel.Register(() => Stop(process));
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode;
    }

    /// <summary>
    /// SIGTERM, at which a run saves a checkpoint; where there are no signals the last regular checkpoint must do.
    /// </summary>
    private static void Stop(Process process)
    {
        if (process.HasExited)
            return;
        if (OperatingSystem.IsWindows())
            process.Kill();
        else
            Process
                .Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)])
                .Dispose();
    }
}
