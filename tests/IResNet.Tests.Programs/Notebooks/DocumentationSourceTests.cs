using Markdig;
using Markdig.Syntax;
using Xunit;

namespace IResNet.Tests.Programs.Notebooks;

/// <summary>
/// The C# of the documentation compiles: each page's blocks are the cells of a notebook that begins with the first
/// block of the page Start, as that says.
/// </summary>
public class DocumentationSourceTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "docs");

    /// <summary>Pages with C#, relative to the folder.</summary>
    public static TheoryData<string> Pages =>
        [
            .. Directory
                .EnumerateFiles(Folder, "*.md", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(Folder, path))
                .Where(page => Blocks(page).Count > 0)
                .Order(StringComparer.Ordinal),
        ];

    [Fact]
    public void PagesAreFound() =>
        Assert.Superset(
            new HashSet<string> { "start.md", Path.Combine("howto", "own-block.md") },
            Pages.Select(row => row.Data).ToHashSet()
        );

    [Theory, MemberData(nameof(Pages))]
    public void EveryBlockCompiles(string page) => Assert.Empty(NotebookSourceTests.Errors(Cells(page)));

    /// <summary>What the test above says of a page with a mistake in its last block.</summary>
    [Theory, MemberData(nameof(Pages))]
    public void AMistakeIsFound(string page) =>
        Assert.Contains(NotebookSourceTests.Errors([.. Cells(page), "new ResidualBlock().Invert()"]), error =>
            error.Contains("CS", StringComparison.Ordinal)
        );

    [Theory, MemberData(nameof(Pages))]
    public void NoLineOfABlockIsLongerThanAScreen(string page) =>
        Assert.DoesNotContain(Blocks(page).SelectMany(block => block.Split('\n')), line => line.Length > 120);

    [Fact]
    public void EveryNotebookIsListed()
    {
        string list = File.ReadAllText(Path.Combine(Folder, "notebooks.md"));
        Assert.All(NotebookSourceTests.Names, row =>
            Assert.Contains($"(notebooks/{Path.ChangeExtension(row.Data, ".html")})", list)
        );
    }

    private static List<string> Cells(string page) =>
        page == "start.md" ? Blocks(page) : [Blocks("start.md")[0], .. Blocks(page)];

    private static List<string> Blocks(string page) =>
        [
            .. Markdown
                .Parse(File.ReadAllText(Path.Combine(Folder, page)))
                .Descendants<FencedCodeBlock>()
                .Where(block => block.Info == "csharp")
                .Select(block => block.Lines.ToString()),
        ];
}
