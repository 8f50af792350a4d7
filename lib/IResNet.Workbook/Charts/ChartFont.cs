using SkiaSharp;

namespace IResNet.Workbook.Charting;

/// <summary>The typeface of everything drawn as PNG.</summary>
internal static class ChartFont
{
    private static readonly string[] Preferred =
        ["DejaVu Sans", "Segoe UI", "Helvetica Neue", "Arial", "Liberation Sans", "Noto Sans", "Open Sans", "Roboto"];

    /// <summary>
    /// The first of the preferred families that is installed, else the system's own; empty where no font is installed at all. Without one
    /// SkiaSharp draws no text: pictures then lack their words, and <c>iresnet doctor</c> says so.
    /// </summary>
    public static string Family { get; } = Find(SKFontManager.Default.FontFamilies);

    /// <summary>Picks from the names of the installed families.</summary>
    internal static string Find(IEnumerable<string> installed)
    {
        var families = installed.Where(name => !string.IsNullOrEmpty(name)).ToList();
        return Preferred.FirstOrDefault(families.Contains) ?? families.FirstOrDefault("");
    }
}
