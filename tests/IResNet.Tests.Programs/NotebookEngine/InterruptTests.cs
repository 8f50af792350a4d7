using System.Diagnostics;
using NotebookEngine;
using Xunit;

namespace IResNet.Tests.Programs.NotebookEngine;

/// <summary>
/// Alone, lest other tests hold up the steps. The cells here would run for a minute or for ever; that each is stopped
/// within a second is checked through Jupyter, on a machine that does nothing else.
/// </summary>
[CollectionDefinition(nameof(InterruptTests), DisableParallelization = true)]
[Collection(nameof(InterruptTests))]
public sealed class InterruptTests : EngineTest
{
    [Theory]
    [InlineData("await Task.Delay(60000, CancellationToken);", "The cell was interrupted.")]
    [InlineData("await Task.Delay(60000);", "what it awaited may run on")]
    [InlineData("Thread.Sleep(60000);", "The cell was interrupted.")]
    [InlineData("var z = 0L; while (true) z++;", "aborted")]
    [InlineData("await Task.Yield(); var z = 0L; while (true) z++;", "aborted")]
    [InlineData("while (true) try { Thread.Sleep(60000); } catch (Exception) { }", "aborted")]
    [InlineData(
        "CancellationToken.Register(() => Thread.Sleep(60000)); Thread.Sleep(60000);",
        "The cell was interrupted."
    )]
    [InlineData("while (true) Console.WriteLine(1);", "The cell was interrupted.")]
    [InlineData("while (true) await Task.Yield();", "The cell was left.")]
    [InlineData("IEnumerable<int> Endless() { while (true) { } yield return 1; } Endless()", "aborted")]
    public async Task ARunningCellIsStopped(string code, string word)
    {
        await Value("var before = 1;");
        var clock = new Stopwatch();
        var outcome = await Interrupted(code, clock);
        Assert.Equal(CellStatus.Interrupted, outcome.Status);
        Assert.Equal("Interrupted", outcome.Error!.Name);
        Assert.Contains(word, outcome.Error.Message, StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 5);
        Assert.Equal(2, await Value("Thread.Sleep(5); before + 1"));
    }

    [Fact]
    public async Task ACellThatWithstandsAllStepsIsLeftBehind()
    {
        var clock = new Stopwatch();
        var outcome = await Interrupted(
            "try { throw new Exception(); } catch { while (AppContext.GetData(\"stop\") is null) { } }",
            clock
        );
        Assert.Equal(CellStatus.Interrupted, outcome.Status);
        Assert.Contains("Restart", outcome.Error!.Message, StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed.TotalSeconds, 1.5, 15);
        Assert.Equal(3, await Value("AppContext.SetData(\"stop\", true); 1 + 2"));
    }

    [Fact]
    public async Task ACellMayCleanUpWhenItsWaitIsEnded()
    {
        await Interrupted("try { Thread.Sleep(60000); } finally { Console.WriteLine(\"cleaned up\"); }");
        Assert.EndsWith("cleaned up\n", Sink.Printed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ACellThatHeedsTheTokenKeepsItsResult()
    {
        var outcome = await Interrupted(
            "var steps = 0; while (!CancellationToken.IsCancellationRequested) { steps++; await Task.Delay(5); } steps"
        );
        Assert.Equal(CellStatus.Ok, outcome.Status);
        Assert.True((int)outcome.Value! > 0);
        Assert.Equal(outcome.Value, await Value("steps"));
    }

    [Fact]
    public async Task TheTokensTypeIsStillReachableByItsName() =>
        Assert.Equal(
            false,
            await Value("bool Can(CancellationToken token) => token.CanBeCanceled; Can(CancellationToken.None)")
        );

    [Fact]
    public async Task ACellWhoseInterruptCameBeforeItDoesNotRun()
    {
        var outcome = await RunStoppable("Console.WriteLine(\"ran\");", new CancellationToken(canceled: true));
        Assert.Equal(CellStatus.Interrupted, outcome.Status);
        Assert.Equal("", Sink.Printed);
    }

    /// <summary>Runs a cell and interrupts it once its code runs; the clock starts with the interrupt.</summary>
    private async Task<CellOutcome> Interrupted(string code, Stopwatch? clock = null)
    {
        using var interrupt = new CancellationTokenSource();
        var cell = RunStoppable($"Console.WriteLine(\"running\"); {code}", interrupt.Token);
        while (Sink.Printed.Length == 0)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        clock?.Start();
        await interrupt.CancelAsync();
        var outcome = await cell;
        clock?.Stop();
        return outcome;
    }
}
