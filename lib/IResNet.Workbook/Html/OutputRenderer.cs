using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using IResNet.Workbook.Notebooks;

namespace IResNet.Workbook.Html;

/// <summary>The outputs of a cell as HTML: of each bundle the richest form that a page can show.</summary>
internal sealed class OutputRenderer(MarkdownRenderer markdown, HtmlCleaner cleaner)
{
    /// <summary>Leaves text readable but escapes what could end a script element.</summary>
    private static readonly JsonSerializerOptions InScript = new()
    {
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
    };

    /// <summary>One output; empty where it has no form that a page can show.</summary>
    public string ToHtml(Output output) =>
        output switch
        {
            StreamOutput stream => Block(
                $"stream {(stream.Name == "stderr" ? "stderr" : "stdout")}",
                Preformatted(stream.Text)
            ),
            ErrorOutput error => Block("error", Preformatted(ErrorText(error))),
            DisplayOutput display => Display(display) is { } html ? Block("display", html) : "",
            _ => throw new ArgumentException(
                $"Output of type {output.GetType().Name} cannot be shown.",
                nameof(output)
            ),
        };

    /// <summary>Whether a chart is among the outputs.</summary>
    public static bool IsChart(Output output) =>
        output is DisplayOutput display && display.Data[MimeTypes.Plotly] is JsonObject;

    /// <summary>The output as an <c>img</c> element; null where it has no image.</summary>
    public static string? Image(DisplayOutput display, string alternative)
    {
        foreach (string type in (string[])["image/png", "image/jpeg", "image/gif"])
        {
            if (display.Text(type) is { } base64)
                return Image($"data:{type};base64,{base64.ReplaceLineEndings("")}", alternative);
        }

        return display.Text("image/svg+xml") is { } svg
            ? Image(LinkResolver.DataAddress("image/svg+xml", System.Text.Encoding.UTF8.GetBytes(svg)), alternative)
            : null;
    }

    private static string Image(string address, string alternative) =>
        $"<img src=\"{Page.Encode(address)}\" alt=\"{Page.Encode(alternative)}\">";

    private string? Display(DisplayOutput display)
    {
        if (display.Data[MimeTypes.Plotly] is JsonObject chart)
            return Chart(chart, Image(display, "Chart") ?? "<noscript>This chart needs scripts.</noscript>");
        if (display.Text("text/html") is { } html)
            return $"<div class=\"html\">{cleaner.Clean(html)}</div>";
        if (Image(display, display.Text("text/plain") ?? "Image") is { } image)
            return image;
        if (display.Text("text/markdown") is { } text)
            return $"<div class=\"markdown\">{markdown.ToHtml(text)}</div>";
        if (display.Text("text/latex") is { } latex)
            return $"<div class=\"math\">{Page.Encode(latex.Trim().Trim('$'))}</div>";
        if (display.Text("text/plain") is { } plain)
            return Preformatted(plain);
        return display.Data["application/json"] is { } json ? Preformatted(PythonJson.Write(json)) : null;
    }

    private static string Chart(JsonObject chart, string fallback) =>
        $"<figure class=\"plotly\">{fallback}<script "
        + $"type=\"application/json\">{chart.ToJsonString(InScript)}</script></figure>";

    private static string ErrorText(ErrorOutput error) =>
        error.Traceback.Count > 0 ? string.Join('\n', error.Traceback) : $"{error.Name}: {error.Message}";

    private static string Preformatted(string text) => $"<pre>{Page.Encode(TerminalText.Plain(text))}</pre>";

    private static string Block(string style, string html) => $"<div class=\"output {style}\">{html}</div>\n";
}
