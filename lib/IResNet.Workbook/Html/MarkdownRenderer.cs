using System.Text.Json.Nodes;
using Markdig;
using Markdig.Extensions.AutoIdentifiers;
using Markdig.Renderers;
using Markdig.Renderers.Html;
using Markdig.Syntax;

namespace IResNet.Workbook.Html;

/// <summary>Markdown as Jupyter and GitHub know it, with mathematics and coloured C#, as clean HTML.</summary>
internal sealed class MarkdownRenderer(HtmlCleaner cleaner)
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .UsePipeTables()
        .UseMathematics()
        .UseEmphasisExtras()
        .UseTaskLists()
        .UseAutoLinks()
        .UseFootnotes()
        .UseAutoIdentifiers(AutoIdentifierOptions.GitHub)
        .Build();

    /// <summary>The document; a text that is nested too deep to be read is a block of code.</summary>
    public static MarkdownDocument Parse(string markdown)
    {
        try
        {
            return Markdown.Parse(markdown, Pipeline);
        }
        catch (ArgumentException)
        {
            return Markdown.Parse("    " + markdown.ReplaceLineEndings("\n    "), Pipeline);
        }
    }

    /// <summary>The HTML of a text.</summary>
    public string ToHtml(string markdown, JsonObject? attachments = null) => ToHtml(Parse(markdown), attachments);

    /// <summary>The HTML of a document, or of one block of it.</summary>
    public string ToHtml(MarkdownObject markdown, JsonObject? attachments = null)
    {
        using var writer = new StringWriter();
        var renderer = new HtmlRenderer(writer);
        Pipeline.Setup(renderer);
        renderer.ObjectRenderers.ReplaceOrAdd<CodeBlockRenderer>(new CSharpBlockRenderer());
        renderer.Render(markdown);
        return cleaner.Clean(writer.ToString(), attachments);
    }

    /// <summary>Code blocks of C# are coloured, others stay plain.</summary>
    private sealed class CSharpBlockRenderer : CodeBlockRenderer
    {
        protected override void Write(HtmlRenderer renderer, CodeBlock block)
        {
            if (block is not FencedCodeBlock { Info: "csharp" or "cs" or "c#" or "C#" })
            {
                base.Write(renderer, block);
                return;
            }

            renderer.EnsureLine();
            renderer
                .Write("<pre><code>")
                .Write(CSharpHighlighter.ToHtml(block.Lines.ToString()))
                .WriteLine("</code></pre>");
        }
    }
}
