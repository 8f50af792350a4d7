using NotebookEngine;
using Xunit;

namespace IResNet.Tests.Programs.NotebookEngine;

/// <summary>An engine of its own for each test, cells numbered as they come.</summary>
public abstract class EngineTest : IDisposable
{
    private int _number;

    private protected ScriptEngine Engine { get; set; } = new(new EngineOptions());

    private protected RecordingSink Sink { get; set; } = new();

    public void Dispose()
    {
        Engine.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected Task<CellOutcome> Run(string code) => RunStoppable(code, CancellationToken.None);

    private protected Task<CellOutcome> RunStoppable(string code, CancellationToken interrupt) =>
        Engine.ExecuteAsync(code, Sink, ++_number, interrupt);

    /// <summary>Runs a cell that must succeed.</summary>
    private protected async Task<object?> Value(string code)
    {
        var outcome = await Run(code);
        Assert.True(outcome.Status == CellStatus.Ok, string.Join('\n', outcome.Error?.Traceback ?? []));
        return outcome.Value;
    }

    /// <summary>Runs a cell that must fail.</summary>
    private protected async Task<CellError> Error(string code)
    {
        var outcome = await Run(code);
        Assert.Equal(CellStatus.Failed, outcome.Status);
        return outcome.Error!;
    }
}
