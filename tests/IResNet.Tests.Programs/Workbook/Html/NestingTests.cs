using IResNet.Tests.Programs.Workbook.Running;
using IResNet.Workbook.Html;
using IResNet.Workbook.Notebooks;
using Xunit;
using static IResNet.Tests.Programs.Workbook.Running.NotebookFolder;

namespace IResNet.Tests.Programs.Workbook.Html;

/// <summary>Whatever is nested in a notebook, it gets a page, and so do the others of its folder.</summary>
public sealed class NestingTests : IDisposable
{
    private const int Depth = 30_000;

    private readonly NotebookFolder _folder = new();

    public static TheoryData<string, string> Markdowns =>
        new()
        {
            { "> ", "" },
            { "- ", "" },
            { "[", "](a)" },
            { "![", "](a)" },
            { "*a ", "*" },
            { "~~a ", "~~" },
            { "<div>", "" },
            { "<table><tr><td>", "" },
            { "```csharp\nvar x = ", "" },
        };

    public static TheoryData<string, string> Codes =>
        new()
        {
            { "(", ")" },
            { "{", "}" },
            { "A<", ">" },
            { "$\"{", "}\"" },
            { "#if A\n", "#endif\n" },
            { "-", "" },
            { "x => ", "" },
        };

    public void Dispose() => _folder.Dispose();

    private static string Repeat(string text) => string.Concat(Enumerable.Repeat(text, Depth));

    [Theory]
    [MemberData(nameof(Markdowns))]
    public void Markdown_of_any_depth_has_a_page(string open, string close) =>
        Assert.Contains("after", PageOf(Text("t", Repeat(open) + "x" + Repeat(close))), StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Codes))]
    public void Code_of_any_depth_has_a_page(string open, string close)
    {
        Assert.Contains("after", PageOf(Code("c", Repeat(open) + "1" + Repeat(close))), StringComparison.Ordinal);
        Assert.Contains(
            "after",
            PageOf(Text("t", $"```csharp\n{Repeat(open)}1{Repeat(close)}\n```")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void The_gallery_shows_the_others()
    {
        _folder.Notebook("a.ipynb", Text("t", "# " + Repeat("[") + "x" + Repeat("](a)")));
        _folder.Notebook("b.ipynb", Text("t", "# Title of b"));
        Gallery.Write(_folder.Path);
        Assert.Contains("Title of b", File.ReadAllText(_folder.File("index.html")), StringComparison.Ordinal);
    }

    private string PageOf(Cell cell)
    {
        var notebook = new Notebook { Cells = { cell, Text("last", "after") } };
        return NotebookPage.Create(notebook, _folder.File("a.ipynb"), record: null);
    }
}
