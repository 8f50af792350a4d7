using System.Text.Json.Nodes;
using NotebookEngine;
using Xunit;

namespace IResNet.Tests.Programs.NotebookEngine;

public sealed class CellLanguageTests : EngineTest
{
    [Theory]
    [InlineData(
        """{ "polyglot_notebook": { "kernelName": "html" }, "dotnet_interactive": { "language": "csharp" } }""",
        "html"
    )]
    [InlineData("""{ "dotnet_interactive": { "language": "fsharp" } }""", "fsharp")]
    [InlineData("""{ "polyglot_notebook": "html", "dotnet_interactive": [1] }""", null)]
    [InlineData("{}", null)]
    public void ACellsMetadataNameItsLanguage(string metadata, string? language) =>
        Assert.Equal(language, CellLanguage.OfCell(JsonNode.Parse(metadata)));

    [Theory]
    [InlineData("""{ "kernelspec": { "name": "python3", "language": "python" } }""", "Python")]
    [InlineData("""{ "kernelspec": { "name": "python3" } }""", "Python")]
    [InlineData("""{ "language_info": { "name": "julia" } }""", "Julia")]
    [InlineData("""{ "kernelspec": { "name": ".net-fsharp", "language": "F#" } }""", "F#")]
    [InlineData(
        """
            { "kernelspec": { "name": ".net-csharp", "language": "C#" },
              "language_info": { "name": "polyglot-notebook" } }
            """,
        null
    )]
    [InlineData("""{ "kernelspec": { "name": "iresnet", "language": "C#" } }""", null)]
    [InlineData("""{ "kernelspec": { "name": "something" } }""", null)]
    [InlineData("""{ "polyglot_notebook": { "kernelInfo": { "defaultKernelName": "fsharp" } } }""", "F#")]
    [InlineData("null", null)]
    public void ANotebookOfAnotherLanguageIsNamed(string metadata, string? name)
    {
        string? refusal = CellLanguage.Refusal("1", CellLanguage.OfNotebook(JsonNode.Parse(metadata)));
        if (name is null)
            Assert.Null(refusal);
        else
            Assert.StartsWith($"{name} does not run here", refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1 + 1", null)]
    [InlineData("#!time\n1\n#!html\n<b>", null)]
    [InlineData("#!unknown", null)]
    [InlineData("#if false\n#!fsharp\n#endif", null)]
    [InlineData("var text = \"\"\"\n#!fsharp\n\"\"\";", null)]
    [InlineData("1\n#!fsharp\nlet x = 1", "F#")]
    [InlineData("#!pwsh\nls", "PowerShell")]
    [InlineData("#!mermaid\ngraph LR", "Mermaid")]
    public void APartInAnotherLanguageIsFoundBeforeAnythingRuns(string code, string? name)
    {
        if (name is null)
            Assert.Null(CellLanguage.Refusal(code, null));
        else
            Assert.StartsWith(name, CellLanguage.Refusal(code, null), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ACellIsWhatItsMetadataSay()
    {
        await Engine.ExecuteAsync("<b>bold</b>", Sink, 1, TestContext.Current.CancellationToken, "html");
        await Engine.ExecuteAsync("# Title", Sink, 2, TestContext.Current.CancellationToken, "markdown");
        Assert.Equal("<b>bold</b>", Sink.Displays[0].Data["text/html"]);
        Assert.Equal("# Title", Sink.Displays[1].Data["text/markdown"]);
        var refused = await Engine.ExecuteAsync("let x = 1", Sink, 3, TestContext.Current.CancellationToken, "fsharp");
        Assert.Contains("F# does not run here", refused.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ADibIsReadAsCells()
    {
        var cells = DibFile.Cells(
            "var first = 1;\n#!meta\n\n{\"kernelInfo\":{}}\n\n#!markdown\n\n# T\n\n"
                + "#!csharp\r\n\r\n#!time\r\nvar y = 2;\r\n\r\nvar z = 3;\n"
                + "#!html\n<b>\n#!fsharp\nlet x = 1\n#!csharp\n\n"
        );
        Assert.Equal(
            [
                ("csharp", "var first = 1;"),
                ("markdown", "# T"),
                ("csharp", "#!time\nvar y = 2;\n\nvar z = 3;"),
                ("html", "<b>"),
                ("fsharp", "let x = 1"),
            ],
            cells
        );
    }
}
