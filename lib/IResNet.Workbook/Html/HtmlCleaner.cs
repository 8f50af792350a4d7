using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AngleSharp.Html.Dom;
using Ganss.Xss;

namespace IResNet.Workbook.Html;

/// <summary>
/// Makes HTML from notebooks (text/html outputs, Markdown) fit for a page: whatever stands in it, the result is
/// balanced, runs no script and loads nothing.
/// </summary>
internal sealed partial class HtmlCleaner
{
    private const int DepthLimit = 1000;

    private readonly HtmlSanitizer _sanitizer = new();
    private JsonObject? _attachments;

    public HtmlCleaner(LinkResolver links)
    {
        _sanitizer.AllowedAttributes.Add("class");
        _sanitizer.AllowedAttributes.Add("id");
        _sanitizer.AllowedTags.ExceptWith(["form", "button", "textarea", "select", "keygen"]);
        _sanitizer.AllowedSchemes.UnionWith(["data", "mailto", "attachment"]);
        _sanitizer.FilterUrl += (_, e) =>
            e.SanitizedUrl = e.Tag.LocalName switch
            {
                "a" or "area" => e.SanitizedUrl is null ? null : links.Link(e.OriginalUrl),
                "img" => links.Image(e.OriginalUrl, _attachments),
                _ => null,
            };
        _sanitizer.PostProcessNode += (_, e) =>
        {
            // What an image that is not there would have shown.
            if (e.Node is IHtmlImageElement image && !image.HasAttribute("src"))
                e.ReplacementNodes.Add(e.Document.CreateTextNode($"[{image.AlternativeText}]"));
        };
    }

    /// <summary>The clean fragment; what is nested too deep to be read in reasonable time stays text.</summary>
    /// <param name="html">Any text.</param>
    /// <param name="attachments">The cell's attachments, for images that name them.</param>
    public string Clean(string html, JsonObject? attachments = null)
    {
        if (IsTooDeep(html))
            return $"<pre>{Page.Encode(html)}</pre>";
        _attachments = attachments;
        return _sanitizer.Sanitize(html);
    }

    /// <summary>Counts the elements that stay open until they are closed.</summary>
    private static bool IsTooDeep(string html)
    {
        int depth = 0;
        foreach (var tag in Tag().EnumerateMatches(html))
        {
            depth = html[tag.Index + 1] == '/' ? Math.Max(0, depth - 1) : depth + 1;
            if (depth > DepthLimit)
                return true;
        }

        return false;
    }

    /// <summary>Tags, but for elements that have no end tag or need none.</summary>
    [GeneratedRegex(
        "</?(?!(area|base|br|col|dd|dt|embed|hr|img|input|li|link|meta|option|p|source"
            + @"|tbody|td|tfoot|th|thead|tr|wbr)\b)[a-zA-Z]",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Tag();
}
