using System.Diagnostics;
using IResNet.Workbook.Notebooks;

namespace IResNet.Workbook.Running;

/// <summary>
/// Runs one notebook in a process of its own, so that a cell that takes its process down (libtorch aborts on some
/// errors) ends neither the other notebooks nor the report about it.
/// </summary>
internal static class WorkerProcess
{
    /// <summary>The hidden option by which the command line asks for a worker.</summary>
    public const string Option = "--worker";

    /// <summary>Runs the job and waits for its end.</summary>
    /// <param name="job">What to run.</param>
    /// <param name="lineWritten">Takes what the worker prints, line by line; null to let it write to this process's
    /// console.</param>
    /// <param name="threads">How many threads libtorch may use; null for its own choice.</param>
    /// <param name="stop">Asks the worker to stop its cell, save and end.</param>
    /// <returns>How the run ended; <see cref="RunStatus.Crashed"/> where the process did not live to say so.</returns>
    public static async Task<RunRecord> RunAsync(
        NotebookJob job,
        Action<string>? lineWritten,
        int? threads,
        CancellationToken stop
    )
    {
        var start = new ProcessStartInfo
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = lineWritten is not null,
            RedirectStandardError = lineWritten is not null,
        };
        (start.FileName, var arguments) = Self();
        foreach (
            var argument in (string[])
                [.. arguments, "run", job.Notebook, Option, "--output", job.OutputFolder, .. Options(job)]
        )
            start.ArgumentList.Add(argument);
        if (threads is { } count)
            start.Environment.TryAdd("OMP_NUM_THREADS", count.ToString());

        var before = DateTimeOffset.Now;
        using var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, e) => Hand(e.Data);
        process.ErrorDataReceived += (_, e) => Hand(e.Data);
        process.Start();
        if (lineWritten is not null)
        {
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }

        // The end of its input tells a worker to stop; it also comes when this process dies.
        await using (stop.Register(process.StandardInput.Close))
            await process.WaitForExitAsync(CancellationToken.None);
        return RunRecord.Load(job.Output) is { } record && record.Started >= before
            ? record.Status == RunStatus.Running
                ? Crashed(job, record, process.ExitCode)
                : record
            : NotStarted(job, process.ExitCode);

        void Hand(string? line)
        {
            if (line is not null)
                lineWritten!(line);
        }
    }

    private static IEnumerable<string> Options(NotebookJob job)
    {
        foreach (var (name, value) in job.Parameters)
        {
            yield return "-p";
            yield return $"{name}={value}";
        }

        if (job.CellTimeout is { } limit)
        {
            yield return "--timeout";
            yield return limit.TotalSeconds.ToString("R", System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    private static (string File, string[] Arguments) Self()
    {
        var library = typeof(WorkerProcess).Assembly.Location;
        var executable = Path.ChangeExtension(library, OperatingSystem.IsWindows() ? ".exe" : null);
        return File.Exists(executable) ? (executable, []) : ("dotnet", [library]);
    }

    private static RunRecord NotStarted(NotebookJob job, int exitCode) =>
        new()
        {
            Notebook = job.Notebook,
            Status = RunStatus.Crashed,
            Message = $"the run did not start; its process {Ended(exitCode)}.",
        };

    /// <summary>Says in the output notebook and in the record what the process could not say itself.</summary>
    private static RunRecord Crashed(NotebookJob job, RunRecord record, int exitCode)
    {
        var number = record.CellSeconds.Count + 1;
        var message = $"cell [{number}] ended the process, which {Ended(exitCode)}. The cells before it are saved.";
        var notebook = Notebook.Load(job.Output);
        if (notebook.CodeCells.FirstOrDefault(cell => cell.Id == record.Cell) is { } cell)
        {
            cell.ExecutionCount = number;
            cell.Outputs.Add(new ErrorOutput("ProcessEnded", message, [message]));
            notebook.Save(job.Output);
        }

        record = record with { Status = RunStatus.Crashed, Message = message };
        record.Save(job.Output);
        return record;
    }

    private static string Ended(int exitCode) =>
        !OperatingSystem.IsWindows() && exitCode > 128
            ? $"was ended by signal {exitCode - 128}{(exitCode - 128) switch { 6 => " (abort)", 9 => " (kill; out of memory?)", 11 => " (segmentation fault)", _ => "" }}"
            : $"ended with exit code {exitCode}";
}
