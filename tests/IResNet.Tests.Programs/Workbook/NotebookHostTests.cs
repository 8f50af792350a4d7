using IResNet.Experiments.Data.Fetching;
using IResNet.Tests.Programs.NotebookEngine;
using IResNet.Workbook;
using Xunit;

namespace IResNet.Tests.Programs.Workbook;

public sealed class NotebookHostTests : EngineTest
{
    public NotebookHostTests()
    {
        Engine.Dispose();
        Engine = NotebookHost.CreateEngine(Directory.GetCurrentDirectory());
    }

    [Fact]
    public async Task CellsUseTorchSharpWithoutADirective() =>
        Assert.Equal(6f, await Value("using TorchSharp;\ntorch.ones(2, 3).sum().ToSingle()"));

    [Fact]
    public async Task CellsMakePlotlyChartsWithoutADirective() =>
        Assert.Equal(
            typeof(Plotly.NET.GenericChart).Assembly,
            await Value(
                "using Plotly.NET.CSharp;\nChart.Line<int, int, string>(new[] { 1, 2 }, new[] { 3, 4 "
                    + "}).GetType().Assembly"
            )
        );

    /// <summary>The README's first block of C#, as somebody pastes it; only its training is shorter.</summary>
    [Fact]
    public async Task TheReadmesExampleRunsAsItStands()
    {
        Assert.SkipUnless(
            new DataFolder(DataFolder.DefaultRoot).Find(Catalogue.Mnist) is not null,
            "needs MNIST: iresnet data mnist"
        );
        string readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md")).ReplaceLineEndings("\n");
        string code = readme.Split("```csharp\n")[1].Split("```")[0];
        Assert.Contains("Seconds = 120", code);
        Assert.NotNull(await Value(code.Replace("Seconds = 120", "Seconds = 1, EvaluationImages = 20")));
    }

    /// <summary>Of the same block what needs no data.</summary>
    [Fact]
    public async Task TheReadmesBlockAndItsInverse()
    {
        string readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md")).ReplaceLineEndings("\n");
        string code = readme.Split("```csharp\n")[1].Split("\n\n")[0];
        Assert.InRange((double)(await Value(code + "\nback.ErrorBound"))!, 1e-12, 1e-2);
    }
}
