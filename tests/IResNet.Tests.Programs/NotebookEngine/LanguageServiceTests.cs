using NotebookEngine.Language;
using Xunit;

namespace IResNet.Tests.Programs.NotebookEngine;

public sealed class LanguageServiceTests : EngineTest
{
    /// <summary>Completes where the bar stands.</summary>
    private string[] Complete(string code) => Items(code).Select(i => i.Text).ToArray();

    private IReadOnlyList<CompletionItem> Items(string code) =>
        Engine
            .Language.Complete(
                code.Replace("|", "", StringComparison.Ordinal),
                code.IndexOf('|', StringComparison.Ordinal)
            )
            .Items;

    private string? Inspect(string code) =>
        Engine.Language.Inspect(
            code.Replace("|", "", StringComparison.Ordinal),
            code.IndexOf('|', StringComparison.Ordinal)
        );

    [Fact]
    public async Task VariablesOfEarlierCellsAndTheirMembersAreOffered()
    {
        await Value("var matrix = new List<int>(); double MatrixNorm(double order) => order;");
        Assert.Equal(["matrix", "MatrixNorm"], Complete("var y = matri|").Take(2));
        Assert.Equal(["Add", "AddRange"], Complete("matrix.Add|").Take(2));
        Assert.Contains("Select", Complete("matrix.|"));
        Assert.Contains("Count", Complete("matrix?.|"));
        Assert.DoesNotContain("Empty", Complete("matrix.|"));
    }

    [Theory]
    [InlineData("Console.Wri|", "WriteLine")]
    [InlineData("System.Te|", "Text")]
    [InlineData("\"abc\".Len|", "Length")]
    [InlineData("new[] { \"a\" }.Select(s => s.Le|)", "Length")]
    [InlineData("var local = 1; { lo| }", "local")]
    [InlineData("foreach (var item in new[] { DateTime.Now }) { item.Da| }", "Day")]
    [InlineData("CancellationToken.ThrowIf|", "ThrowIfCancellationRequested")]
    [InlineData("disp|", "display")]
    [InlineData("forea|", "foreach")]
    [InlineData("string.Join(sepa|", "separator:")]
    [InlineData("string.Join(\",\", val|", "values:")]
    [InlineData("new System.Text.StringBuilder { Capa|", "Capacity")]
    [InlineData("#!ti|", "#!time")]
    [InlineData("#r \"nu|", "#r \"nuget: ")]
    [InlineData("#!time\nConsole.Wri|", "WriteLine")]
    public void CompletesInContext(string code, string expected) => Assert.Contains(expected, Complete(code));

    [Theory]
    [InlineData("// Console.Wri|")]
    [InlineData("var s = \"Console.Wri|\";")]
    [InlineData("var x = 12|")]
    [InlineData("nothing.|")]
    public void OffersNothingWhereNothingFits(string code) => Assert.Empty(Complete(code));

    [Fact]
    public void SaysWhatIsReplacedAndOfWhatKind()
    {
        var list = Engine.Language.Complete("var x = Console.WriteL", 22);
        Assert.Equal((16, 22), (list.Start, list.End));
        Assert.Equal(new CompletionItem("WriteLine", "function"), list.Items[0]);
        Assert.Equal("class", Items("Cons|").First(i => i.Text == "Console").Kind);
    }

    [Theory]
    [InlineData("", 5)]
    [InlineData("x.", -1)]
    [InlineData("}}}}((\"", 7)]
    public void SurvivesAnyTextAndPosition(string code, int position)
    {
        Engine.Language.Complete(code, position);
        Engine.Language.Inspect(code, position);
        Engine.Language.IsComplete(code);
    }

    [Fact]
    public async Task InspectionGivesSignatures()
    {
        await Value("var matrix = new List<int>(); double Norm(double order) => order;");
        Assert.Equal("List<int> matrix", Inspect("mat|rix.Add(1)"));
        Assert.Equal("double Norm(double order)", Inspect("Norm|(2)"));
        Assert.Equal("double Norm(double order)", Inspect("Norm(|"));
        Assert.Contains(
            "void Console.WriteLine(string? value)",
            Inspect("Console.WriteLine|"),
            StringComparison.Ordinal
        );
        Assert.Equal("class System.Text.StringBuilder", Inspect("Stri|ngBuilder b;"));
        Assert.Null(Inspect("|  "));
        Assert.Null(Inspect("nothing|"));
    }

    [Fact]
    public void InspectionShowsTheDocumentationOfOurOwnLibraries()
    {
        string? text = Inspect("display(1).Upd|ate(2);");
        Assert.Equal(
            "void DisplayedValue.Update(object? value)\n\nReplaces what is shown; also from a later cell.",
            text?.ReplaceLineEndings("\n")
        );
    }

    [Theory]
    [InlineData("1 + 1", Completeness.Complete)]
    [InlineData("", Completeness.Complete)]
    [InlineData("#r \"nuget: X\"\nvar x = 1;", Completeness.Complete)]
    [InlineData("#!markdown\nfor (", Completeness.Complete)]
    [InlineData("for (var i = 0; i < 3; i++) {", Completeness.Incomplete)]
    [InlineData("var s = \"\"\"", Completeness.Incomplete)]
    [InlineData("Console.WriteLine(", Completeness.Incomplete)]
    [InlineData("var x = = 1;", Completeness.Invalid)]
    [InlineData("}", Completeness.Invalid)]
    public void TellsWhetherCodeIsComplete(string code, Completeness expected) =>
        Assert.Equal(expected, Engine.Language.IsComplete(code));
}
