using System.Diagnostics;
using System.Globalization;
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
            RedirectStandardError = true,
        };
        (start.FileName, string[]? arguments) = Self();
        foreach (
            string argument in (string[])
                [.. arguments, "run", job.Notebook, Option, "--output", job.OutputFolder, .. Options(job)]
        )
            start.ArgumentList.Add(argument);
        if (threads is { } count)
            start.Environment.TryAdd("OMP_NUM_THREADS", count.ToString(CultureInfo.InvariantCulture));

        var before = DateTimeOffset.Now;
        bool overflowed = false;
        using var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, e) => Hand(e.Data);
        process.ErrorDataReceived += (_, e) => HandError(e.Data);
        process.Start();
        process.BeginErrorReadLine();
        if (lineWritten is not null)
            process.BeginOutputReadLine();

        // The end of its input tells a worker to stop; it also comes when this process dies.
        await using (stop.Register(process.StandardInput.Close))
            await process.WaitForExitAsync(CancellationToken.None);
        return RunRecord.Load(job.Output) is { } record && record.Started >= before
            ? record.Status == RunStatus.Running
                ? Crashed(job, record, Ended(process.ExitCode, overflowed))
                : record
            : NotStarted(job, Ended(process.ExitCode, overflowed));

        void Hand(string? line)
        {
            if (line is not null)
                lineWritten!(line);
        }

        void HandError(string? line)
        {
            if (line is null)
                return;
            // What the runtime says before it aborts; the signal alone does not tell.
            overflowed |= line.StartsWith("Stack overflow", StringComparison.Ordinal);
            if (lineWritten is not null)
                lineWritten(line);
            else
                Console.Error.WriteLine(line);
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
            yield return limit.TotalSeconds.ToString("R", CultureInfo.InvariantCulture);
        }
    }

    private static (string File, string[] Arguments) Self()
    {
        string library = typeof(WorkerProcess).Assembly.Location;
        string executable = Path.ChangeExtension(library, OperatingSystem.IsWindows() ? ".exe" : null);
        return File.Exists(executable) ? (executable, []) : ("dotnet", [library]);
    }

    private static RunRecord NotStarted(NotebookJob job, string ended) =>
        new()
        {
            Notebook = job.Notebook,
            Status = RunStatus.Crashed,
            Message = $"the run did not start; its process {ended}.",
        };

    /// <summary>Says in the output notebook and in the record what the process could not say itself.</summary>
    private static RunRecord Crashed(NotebookJob job, RunRecord record, string ended)
    {
        int number = record.CellSeconds.Count + 1;
        string message = $"cell [{number}] ended the process, which {ended}. The cells before it are saved.";
        var notebook = Notebook.Load(job.Output);
        if (notebook.CodeCells.FirstOrDefault(cell => cell.Id == record.Cell) is { } cell)
        {
            var recorder = new NotebookRecorder(notebook, job.Output, _ => { });
            var sink = recorder.Begin(cell, number);
            CellJournal.Replay(job.Output, sink);
            sink.Error("ProcessEnded", message, [message]);
            recorder.Save();
        }

        File.Delete(CellJournal.PathFor(job.Output));

        record = record with { Status = RunStatus.Crashed, Message = message };
        record.Save(job.Output);
        return record;
    }

    private static string Ended(int exitCode, bool overflowed) =>
        overflowed ? "ran out of stack (a recursion without end?)"
        : !OperatingSystem.IsWindows() && exitCode > 128
            ? $"was ended by signal {exitCode - 128}{Meaning(exitCode - 128)}"
        : $"ended with exit code {exitCode}";

    private static string Meaning(int signal) =>
        signal switch
        {
            6 => " (abort)",
            9 => " (kill; out of memory?)",
            11 => " (segmentation fault)",
            _ => "",
        };
}
