using System.Net;
using System.Text.RegularExpressions;

namespace IResNet.Workbook.Html;

/// <summary>A whole page from its title and its body.</summary>
internal static partial class Page
{
    /// <param name="title">Plain text.</param>
    /// <param name="body">HTML.</param>
    /// <param name="charts">Whether the body has Plotly charts; only then is plotly.js (3.5 MB) loaded.</param>
    public static string Create(string title, string body, bool charts)
    {
        string[] scripts = ["katex/katex.min.js", .. charts ? ["plotly.min.js"] : Array.Empty<string>(), "page.js"];
        return Place()
            .Replace(PageAssets.Frame, place => place.Groups[1].Value switch
                {
                    "title" => Encode(title),
                    "scripts" => string.Join(
                        '\n',
                        scripts.Select(script => $"<script defer src=\"assets/{script}\"></script>")
                    ),
                    "body" => body,
                    var unknown => throw new InvalidOperationException($"page.html has an unknown place {unknown}."),
                });
    }

    /// <summary>Text as it stands in HTML, between tags or in a quoted attribute.</summary>
    public static string Encode(string text) => WebUtility.HtmlEncode(text);

    [GeneratedRegex(@"\{\{(\w+)\}\}")]
    private static partial Regex Place();
}
