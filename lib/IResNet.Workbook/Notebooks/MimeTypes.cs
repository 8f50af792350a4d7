namespace IResNet.Workbook.Notebooks;

/// <summary>Which contents of a display bundle are text, and which are JSON.</summary>
internal static class MimeTypes
{
    public const string Plotly = "application/vnd.plotly.v1+json";

    /// <summary>Whether the content is JSON and kept as it is.</summary>
    public static bool IsJson(string mime) =>
        mime == "application/json"
        || (
            mime.StartsWith("application/", StringComparison.Ordinal)
            && mime.EndsWith("+json", StringComparison.Ordinal)
        );

    /// <summary>Whether the content is written as a list of lines.</summary>
    public static bool IsLines(string mime) =>
        mime.StartsWith("text/", StringComparison.Ordinal) || mime is "application/javascript" or "image/svg+xml";
}
