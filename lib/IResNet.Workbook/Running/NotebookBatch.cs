using IResNet.Workbook.Html;

namespace IResNet.Workbook.Running;

/// <summary>
/// Runs notebooks one after the other or several at a time, each in a process of its own, and writes their pages and
/// the gallery.
/// </summary>
/// <param name="keepGoing">Whether later notebooks run after one has failed.</param>
/// <param name="parallel">How many run at a time.</param>
/// <param name="console">Where the report goes.</param>
internal sealed class NotebookBatch(bool keepGoing, int parallel, TextWriter console)
{
    private readonly Lock _lock = new();
    private readonly List<(NotebookJob Job, RunRecord Record)> _done = [];

    /// <summary>Runs them all.</summary>
    /// <param name="jobs">All with the same output folder.</param>
    /// <param name="stop">Stops those that run and starts no more.</param>
    /// <returns>0 when all passed, 1 when one did not, or when stopped.</returns>
    public async Task<int> RunAsync(IReadOnlyList<NotebookJob> jobs, CancellationToken stop)
    {
        var waiting = new Queue<NotebookJob>(jobs);
        await Task.WhenAll(
            Enumerable
                .Range(0, Math.Min(parallel, jobs.Count))
                .Select(async _ =>
                {
                    while (!stop.IsCancellationRequested && Next() is { } job)
                        Finish(job, await RunAsync(job, jobs.Count, stop));
                })
        );
        Report(jobs);
        return AllPassed && !stop.IsCancellationRequested ? 0 : 1;

        NotebookJob? Next()
        {
            lock (_lock)
                return keepGoing || AllPassed
                    ? waiting.TryDequeue(out var job)
                        ? job
                        : null
                    : null;
        }
    }

    private bool AllPassed => _done.All(run => run.Record.Status == RunStatus.Passed);

    private Task<RunRecord> RunAsync(NotebookJob job, int count, CancellationToken stop)
    {
        if (parallel > 1 && count > 1)
            return WorkerProcess.RunAsync(
                job,
                line => WriteLine($"{job.Name} | {line}"),
                Math.Max(1, Environment.ProcessorCount / parallel),
                stop
            );
        WriteLine(job.Notebook);
        return WorkerProcess.RunAsync(job, lineWritten: null, threads: null, stop);
    }

    private void Finish(NotebookJob job, RunRecord record)
    {
        lock (_lock)
        {
            _done.Add((job, record));
            Write(job.Name + ".html", () =>
            {
                if (File.Exists(job.Output))
                    NotebookPage.Write(job.Output);
            });
            Write(Gallery.FileName, () => Gallery.Write(job.OutputFolder));
        }
    }

    /// <summary>A page that cannot be made ends neither the other notebooks nor the report.</summary>
    private void Write(string page, Action write)
    {
        try
        {
            write();
        }
        catch (Exception e)
        {
            WriteLine($"{page} could not be written: {e.Message}");
        }
    }

    private void Report(IReadOnlyList<NotebookJob> jobs)
    {
        WriteLine("");
        foreach (var job in jobs)
        {
            var record = _done.FirstOrDefault(run => run.Job == job).Record;
            if (record is null)
            {
                WriteLine($"not run      {job.Name}");
                continue;
            }
            string status = record.Status.ToString().ToLowerInvariant(),
                time = Durations.Text(TimeSpan.FromSeconds(record.Seconds)),
                message = record.Message is null ? "" : "  " + record.Message;
            WriteLine($"{status,-12} {job.Name}  {time}{message}");
        }

        WriteLine($"See {Path.Combine(jobs[0].OutputFolder, Gallery.FileName)}");
    }

    private void WriteLine(string line)
    {
        lock (_lock)
            console.WriteLine(line);
    }
}
