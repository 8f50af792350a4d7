using System.Text.Json.Nodes;
using IResNet.Workbook.Jupyter;
using NotebookEngine.Language;
using Xunit;

namespace IResNet.Tests.Programs.Workbook.Jupyter;

/// <summary>What needs no socket: positions, history, replies.</summary>
public sealed class RequestTests
{
    private static JupyterMessage Request(string content) => new([], "x", [], [], JsonNode.Parse(content)!.AsObject());

    [Theory]
    [InlineData("abc", 2, 2)]
    [InlineData("𝔸b", 1, 2)]
    [InlineData("a𝔸b", 3, 4)]
    [InlineData("\ud835b", 1, 1)]
    public void CursorsAreConvertedBothWays(string text, int codePoints, int utf16)
    {
        Assert.Equal(utf16, CursorPosition.ToUtf16(text, codePoints));
        Assert.Equal(codePoints, CursorPosition.ToCodePoints(text, utf16));
    }

    [Fact]
    public void ACursorOutsideOfTheTextIsClamped()
    {
        Assert.Equal(3, CursorPosition.ToUtf16("abc", 100));
        Assert.Equal(0, CursorPosition.ToUtf16("abc", -5));
    }

    [Theory]
    [InlineData("""{ "hist_access_type": "tail", "n": 2 }""", "6*7,x")]
    [InlineData("""{ "hist_access_type": "range", "start": 1, "stop": 3 }""", "x,y")]
    [InlineData("""{ "hist_access_type": "search", "pattern": "6?7" }""", "6*7")]
    [InlineData("""{ "hist_access_type": "search", "pattern": "*", "unique": true }""", "y,6*7,x")]
    [InlineData("""{ "hist_access_type": "search", "pattern": "*", "n": 1 }""", "x")]
    [InlineData("""{ "hist_access_type": 3, "n": "x" }""", "x,y,6*7,x")]
    public void HistoryIsFound(string content, string expected)
    {
        var history = new InputHistory();
        foreach (var (code, number) in new[] { "x", "y", "6*7", "x" }.Select((code, i) => (code, i + 1)))
            history.Add(number, code);
        Assert.Equal(expected, string.Join(',', history.Find(Request(content)).Select(e => (string)e![2]!)));
    }

    [Fact]
    public void FieldsOfTheWrongTypeAreAsGoodAsNone()
    {
        var request = Request("""{ "code": 3, "silent": "yes", "n": 1e300 }""");
        Assert.Null(request.Text("code"));
        Assert.True(request.Flag("silent", otherwise: true));
        Assert.Null(request.Number("n"));
    }

    [Theory]
    [InlineData("if (true) {", "    ")]
    [InlineData("{\n  F(", "      ")]
    [InlineData("{\n  a,", "  ")]
    public void IncompleteCodeIsIndented(string code, string indent) =>
        Assert.Equal(indent, (string?)Replies.IsComplete(Completeness.Incomplete, code)["indent"]);
}
