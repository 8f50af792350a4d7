using System.Text.Json.Nodes;
using AngleSharp.Html.Dom;
using Ganss.Xss;

namespace IResNet.Workbook.Html;

/// <summary>
/// Makes HTML from notebooks (text/html outputs, Markdown) fit for a page: whatever stands in it, the result is
/// balanced, runs no script and loads nothing.
/// </summary>
internal sealed class HtmlCleaner
{
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

    /// <summary>The clean fragment.</summary>
    /// <param name="html">Any text.</param>
    /// <param name="attachments">The cell's attachments, for images that name them.</param>
    public string Clean(string html, JsonObject? attachments = null)
    {
        _attachments = attachments;
        return _sanitizer.Sanitize(html);
    }
}
