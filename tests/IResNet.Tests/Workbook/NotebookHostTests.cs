using IResNet.Tests.NotebookEngine;
using IResNet.Workbook;
using Xunit;

namespace IResNet.Tests.Workbook;

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
}
