using System.Diagnostics;
using IResNet.Workbook.Notebooks;
using NotebookEngine;

namespace IResNet.Workbook.Running;

/// <summary>
/// Runs one notebook in this process. The output notebook and the run's record are saved after every cell, so that
/// whatever ends the process loses at most the cell that ran.
/// </summary>
internal sealed class NotebookRunner
{
    private const string RaisesTag = "raises-exception";

    private readonly NotebookJob _job;
    private readonly RunProgress _progress;
    private readonly NotebookRecorder _recorder;
    private readonly List<Cell> _cells;
    private readonly IReadOnlyDictionary<Cell, string> _labels;
    private readonly IReadOnlyDictionary<Cell, string?> _languages;
    private readonly RemainingTime _remaining;
    private readonly Dictionary<string, double> _seconds = [];
    private readonly Stopwatch _clock = new();
    private RunRecord _record;

    /// <summary>Reads the notebook and sets its parameters; nothing is written yet.</summary>
    /// <exception cref="NotebookFormatException">The file is not a notebook.</exception>
    /// <exception cref="UsageException">A parameter is not declared, its value does not fit, or a cell is in a language
    /// that does not run here.</exception>
    public NotebookRunner(NotebookJob job, RunProgress progress)
    {
        _job = job;
        _progress = progress;
        var notebook = Notebook.Load(job.Notebook);
        NotebookLanguages.Check(notebook, job.Notebook);
        new NotebookParameters(notebook).Inject(job.Parameters);
        NotebookMetadata.Complete(notebook.Metadata);

        var code = notebook.CodeCells.Where(cell => !CellTags.IsSkipped(cell.Tags)).ToList();
        foreach (var cell in code)
        {
            cell.Outputs.Clear();
            cell.ExecutionCount = null;
            // When an earlier run by Jupyter happened is of no use, and different every time.
            cell.Metadata.Remove("execution");
        }

        _cells = [.. code.Where(cell => !cell.IsBlank)];
        _languages = _cells.ToDictionary(cell => cell, notebook.LanguageOf);
        _recorder = new NotebookRecorder(notebook, job.Output, progress.Hear);
        _labels = CellLabels.Of(notebook);
        _record = new RunRecord
        {
            Notebook = Path.GetRelativePath(job.OutputFolder, job.Notebook).Replace('\\', '/'),
            Status = RunStatus.Running,
            Started = DateTimeOffset.Now,
            Parameters = job.Parameters,
        };
        _remaining = new RemainingTime([.. _cells.Select(cell => cell.Id)], Expected());
    }

    /// <summary>Runs the cells in order, up to the first that fails.</summary>
    /// <param name="stop">Stops the cell that runs, and the run.</param>
    /// <returns>How it ended, as saved beside the output notebook.</returns>
    public async Task<RunRecord> RunAsync(CancellationToken stop)
    {
        Directory.CreateDirectory(_job.OutputFolder);
        using var engine = NotebookHost.CreateEngine(_job.Folder);
        _clock.Start();
        for (int i = 0; i < _cells.Count; i++)
        {
            Save(_record with { Cell = _cells[i].Id });
            _progress.CellStarted(i + 1, _cells.Count, _labels[_cells[i]], _remaining.From(i));
            var (status, message) = await RunCellAsync(engine, i, stop);
            if (status != RunStatus.Running)
                return Save(_record with { Status = status, Message = message });
        }

        return Save(_record with { Status = RunStatus.Passed, Cell = null });
    }

    private async Task<(RunStatus Status, string? Message)> RunCellAsync(
        ScriptEngine engine,
        int index,
        CancellationToken stop
    )
    {
        var (cell, number) = (_cells[index], index + 1);
        using var journal = new CellJournal(_job.Output);
        var sink = _recorder.Begin(cell, number, journal);
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(stop);
        if (_job.CellTimeout is { } limit)
            interrupt.CancelAfter(limit);

        var outcome = await engine.ExecuteAsync(cell.Source, sink, number, interrupt.Token, _languages[cell]);
        _remaining.Measured(outcome.Elapsed);
        _seconds[cell.Id] = Math.Round(outcome.Elapsed.TotalSeconds, 3);
        bool failed =
            outcome.Status != CellStatus.Ok && !(outcome.Status == CellStatus.Failed && cell.HasTag(RaisesTag));
        _progress.CellEnded(
            !failed ? []
            : outcome.Status == CellStatus.Interrupted ? ["Stopped."]
            : outcome.Error!.Traceback
        );
        if (!failed)
            return (RunStatus.Running, null);
        switch (outcome.Status)
        {
            case CellStatus.Interrupted when stop.IsCancellationRequested:
                return (RunStatus.Interrupted, $"Interrupted in cell [{number}].");
            case CellStatus.Interrupted:
                string late =
                    $"cell [{number}] took longer than the {Durations.Text(_job.CellTimeout!.Value)} that "
                    + "--timeout allows.";
                sink.Error("Timeout", late, [late]);
                return (RunStatus.Failed, late);
            default:
                return (RunStatus.Failed, Failure(outcome.Error!, number));
        }
    }

    /// <summary>
    /// Seconds by cell: of the last run with the same parameters, but for a cell at which it ended early, or else the
    /// author's.
    /// </summary>
    private Dictionary<string, double> Expected()
    {
        var expected = _cells
            .Where(cell => cell.ExpectedSeconds is not null)
            .ToDictionary(cell => cell.Id, cell => cell.ExpectedSeconds!.Value);
        if (
            RunRecord.Load(_job.Output) is { } earlier
            && earlier
                .Parameters.OrderBy(p => p.Key, StringComparer.Ordinal)
                .SequenceEqual(_job.Parameters.OrderBy(p => p.Key, StringComparer.Ordinal))
        )
        {
            foreach (var (cell, seconds) in earlier.CellSeconds.Where(cell => cell.Key != earlier.Cell))
                expected[cell] = seconds;
        }

        return expected;
    }

    /// <summary>Where and what; a compile error's message says itself where.</summary>
    private static string Failure(CellError error, int number) =>
        error switch
        {
            { Name: "CompileError" } => $"cell [{number}] does not compile: {error.Message}",
            { Line: { } line } =>
                $"cell [{number}], {(error.Source == $"cell[{number}]" ? "" : error.Source + " ")}line {line}: "
                    + $"{error.Name}: {error.Message}",
            _ => $"cell [{number}]: {error.Name}: {error.Message}",
        };

    private RunRecord Save(RunRecord record)
    {
        _record = record with { Seconds = Math.Round(_clock.Elapsed.TotalSeconds, 3), CellSeconds = _seconds };
        _recorder.Save();
        _record.Save(_job.Output);
        return _record;
    }
}
