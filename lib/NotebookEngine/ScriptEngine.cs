using System.Diagnostics;
using NotebookEngine.Cells;
using NotebookEngine.Formatting;
using NotebookEngine.Language;
using NotebookEngine.References;
using NotebookEngine.Running;

namespace NotebookEngine;

/// <summary>
/// Runs a notebook's cells: C# scripts that share their state, on one thread of their own. A new engine is a clean
/// slate; assemblies that cells loaded stay in the process.
/// </summary>
public sealed class ScriptEngine : IDisposable
{
    private readonly string _baseDirectory;
    private readonly Action _cellEnding;
    private readonly SourceRunner _runner;
    private readonly OutputQueue _outputs = new();
    private CellThread _thread = new();
    private int _running;

    /// <summary>Makes an engine. From here on <see cref="Console"/> belongs to the cell whose code uses it.</summary>
    /// <exception cref="ArgumentException">The options name an assembly that the host does not have.</exception>
    public ScriptEngine(EngineOptions options)
    {
        var references = new ReferenceSet(options);
        _baseDirectory = options.BaseDirectory;
        _cellEnding = options.CellEnding;
        var chain = new SubmissionChain(references, options.Imports);
        _runner = new SourceRunner(references, chain);
        Language = new LanguageService(chain);
        CellConsole.Install();
        BackgroundFailure.Install();
    }

    /// <summary>Completion, inspection and the like. While a cell runs its answers are those of before.</summary>
    public LanguageService Language { get; }

    /// <summary>Runs one cell.</summary>
    /// <param name="code">Its text, directives included.</param>
    /// <param name="sink">Where its outputs go; its value and its error as well.</param>
    /// <param name="number">Its number: errors speak of <c>cell[number]</c>.</param>
    /// <param name="interrupt">
    /// Stops the cell, in steps over 600 ms: the token that its code sees is cancelled; its thread is woken from a
    /// wait; what it shows and awaits is refused; its code is aborted. A cell that withstands all of them is left
    /// behind on its thread, and the next one gets another.
    /// </param>
    /// <param name="language">The language that the cell begins in, as its metadata name it; null for C#. See
    /// <see cref="CellLanguage"/>.</param>
    /// <returns>How it ended; a cell's failure is never thrown, only what the sink throws.</returns>
    /// <exception cref="InvalidOperationException">Another cell of this engine is running.</exception>
    /// <remarks>
    /// What <c>using</c> declares at the top level of a cell is released at the cell's end, once its value is shown.
    /// The variables of a cell that threw keep what was assigned until then. Those of a cell that was aborted or left
    /// behind do not exist.
    /// </remarks>
    public async Task<CellOutcome> ExecuteAsync(
        string code,
        ICellSink sink,
        int number,
        CancellationToken interrupt = default,
        string? language = null
    )
    {
        if (Interlocked.Exchange(ref _running, 1) == 1)
            throw new InvalidOperationException("A cell is running: await it first.");
        try
        {
            var clock = Stopwatch.StartNew();
            var output = new CellOutput(sink, _outputs);
            var interruption = new Interruption(interrupt);
            var (value, shown, error) = await RunAsync(code, language, $"cell[{number}]", output, interruption)
                .ConfigureAwait(false);
            if (shown is not null)
                output.Result(shown);
            if (error is not null)
                output.Error(error);
            output.End();
            await _outputs.FlushAsync().ConfigureAwait(false);
            var status =
                error is null ? CellStatus.Ok
                : interruption.Requested ? CellStatus.Interrupted
                : CellStatus.Failed;
            return new CellOutcome(status, value, error, clock.Elapsed);
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
    }

    /// <summary>Takes no more cells, and hands on nothing that older ones may still print.</summary>
    public void Dispose()
    {
        _thread.Retire();
        _outputs.Dispose();
    }

    private async Task<(object? Value, MimeBundle? Shown, CellError? Error)> RunAsync(
        string code,
        string? language,
        string name,
        CellOutput output,
        Interruption interruption
    )
    {
        var run = _thread.RunAsync(() =>
            RunCell(code, language, name, new CellContext(output, interruption.CellToken), interruption)
        );
        bool ended = await Task.WhenAny(run, interruption.GivenUp).ConfigureAwait(false) == run;
        if (!ended || interruption.Aborted)
        {
            // A thread that was aborted out of a loop no longer answers the runtime's signals: the next such loop could
            // not be stopped, and would hold up every garbage collection.
            _thread.Retire();
            _thread = new CellThread();
        }
        if (ended)
            return await run.ConfigureAwait(false);
        var stopped = new CellStoppedException(
            "The cell could not be stopped and runs on in the background. Restart to be rid of it."
        );
        return (null, null, new ErrorReport(_runner.Texts).Describe(stopped, interrupted: true));
    }

    /// <summary>
    /// On the cell thread. The value is formatted here as well: a lazy sequence runs the cell's code while it is shown.
    /// </summary>
    private (object? Value, MimeBundle? Shown, CellError? Error) RunCell(
        string code,
        string? language,
        string name,
        CellContext cell,
        Interruption interruption
    )
    {
        object? value = null;
        MimeBundle? shown = null;
        cell.Enter();
        CellConsole.Enter();
        try
        {
            interruption.Guard(() =>
            {
                try
                {
                    value = _runner.Run(code, name, _baseDirectory, cell, language);
                    if (value is not null and not DisplayedValue)
                        shown = ValueFormatter.Format(value);
                }
                catch
                {
                    ReleaseAfterFailure(cell);
                    throw;
                }
                cell.Resources.Release();
            });
            return (value, shown, null);
        }
        catch (Exception e)
        {
            CellConsole.ReleaseLocks();
            return (null, null, new ErrorReport(_runner.Texts).Describe(e, interruption.Requested));
        }
        finally
        {
            _cellEnding();
            foreach (string redirected in CellConsole.Leave())
                cell.Output.Stream(StreamName.Stderr, $"The cell left {redirected} redirected: it is put back.\n");
            CellContext.Leave();
        }
    }

    /// <summary>What a release throws is told, but it is not why the cell failed.</summary>
    private static void ReleaseAfterFailure(CellContext cell)
    {
        try
        {
            cell.Resources.Release();
        }
        catch (Exception e) when (e is not ThreadAbortException)
        {
            cell.Output.Stream(
                StreamName.Stderr,
                $"Also, a using variable's release failed: {ExceptionText.Full(e)}\n"
            );
        }
    }
}
