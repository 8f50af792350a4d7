using IResNet.Workbook.Notebooks;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace IResNet.Workbook.Html;

/// <summary>What the gallery shows of a notebook.</summary>
/// <param name="Title">The first heading, as plain text.</param>
/// <param name="Claim">The first paragraph after it; null where there is none.</param>
/// <param name="Figure">The first output with an image.</param>
internal sealed record NotebookOutline(string Title, ParagraphBlock? Claim, DisplayOutput? Figure)
{
    /// <summary>Reads the outline; the title of a notebook without heading is <paramref name="name"/>.</summary>
    public static NotebookOutline Of(Notebook notebook, string name)
    {
        var blocks = notebook
            .Cells.Where(cell => cell.Kind == CellKind.Markdown)
            .SelectMany(cell => MarkdownRenderer.Parse(cell.Source))
            .ToList();
        int title = blocks.FindIndex(block => block is HeadingBlock);
        var claim = blocks
            .Skip(title + 1)
            .TakeWhile(block => block is not HeadingBlock)
            .OfType<ParagraphBlock>()
            .FirstOrDefault();
        var figure = notebook
            .CodeCells.SelectMany(cell => cell.Outputs)
            .OfType<DisplayOutput>()
            .FirstOrDefault(output => OutputRenderer.Image(output, "") is not null);
        return new NotebookOutline(title < 0 ? name : PlainText((HeadingBlock)blocks[title]), claim, figure);
    }

    /// <summary>A heading without its marks.</summary>
    public static string PlainText(HeadingBlock heading) =>
        string.Concat(
            (heading.Inline ?? [])
                .Descendants()
                .Select(inline =>
                    inline switch
                    {
                        LiteralInline literal => literal.Content.ToString(),
                        CodeInline code => code.Content,
                        HtmlEntityInline entity => entity.Transcoded.ToString(),
                        Markdig.Extensions.Mathematics.MathInline math => math.Content.ToString(),
                        _ => "",
                    }
                )
        );
}
