using NotebookEngine;

namespace IResNet.Tests.Programs.NotebookEngine;

/// <summary>
/// The compiler keeps the symbols of an assembly with the metadata they were read from. Engines that shared metadata
/// and compiled at the same time mixed their symbols up, and a type was no longer itself.
/// </summary>
public class SeveralEnginesTests
{
    [Fact]
    public async Task EnginesThatStartTogetherKeepTheirTypesApart()
    {
        var outcomes = await Task.WhenAll(
            Enumerable.Range(0, 6).Select(_ => Task.Run(RunCells, TestContext.Current.CancellationToken))
        );
        Assert.All(outcomes.SelectMany(cells => cells), cell =>
            Assert.True(cell.Status == CellStatus.Ok, cell.Error?.Message)
        );
    }

    [Fact]
    public async Task CompletionBesideTheFirstCellsDoesNotDisturbThem()
    {
        using var engine = NewEngine();
        var stop = new CancellationTokenSource();
        var completions = Task.Run(
            () =>
            {
                while (!stop.IsCancellationRequested)
                    engine.Language.Complete("System.Text.", 12);
            },
            TestContext.Current.CancellationToken
        );
        var outcomes = await RunCells(engine);
        await stop.CancelAsync();
        await completions;
        Assert.All(outcomes, cell => Assert.True(cell.Status == CellStatus.Ok, cell.Error?.Message));
    }

    private static ScriptEngine NewEngine() => new(new EngineOptions { Assemblies = ["IResNet", "TorchSharp"] });

    private static async Task<IReadOnlyList<CellOutcome>> RunCells()
    {
        using var engine = NewEngine();
        return await RunCells(engine);
    }

    private static async Task<IReadOnlyList<CellOutcome>> RunCells(ScriptEngine engine)
    {
        var outcomes = new List<CellOutcome>();
        foreach (
            string? code in new[]
            {
                "using IResNet; using TorchSharp; using static TorchSharp.torch;",
                "var squeeze = new Squeeze(); var x = torch.zeros(1, 1, 2, 2);",
                "using (no_grad()) x = x + squeeze.Inverse(squeeze.forward(x).y).Value;",
                "var text = new StringBuilder(); text.Append(x.sum().ToDouble());",
                "(squeeze.forward(x).logDet - x.sum()).ToDouble()",
            }
        )
            outcomes.Add(
                await engine.ExecuteAsync(
                    code,
                    new RecordingSink(),
                    outcomes.Count + 1,
                    TestContext.Current.CancellationToken
                )
            );
        return outcomes;
    }
}
