using ScottPlot;
using SkiaSharp;

namespace IResNet.Notebooks;

/// <summary>The typeface of everything drawn as PNG.</summary>
internal static class ChartFont
{
    /// <summary>
    /// The name under which the built-in font is known where the system has none: minimal containers, as a fresh
    /// Debian.
    /// </summary>
    internal const string BuiltIn = "KaTeX_Main";

    private static readonly string[] Preferred =
    [
        "DejaVu Sans",
        "Segoe UI",
        "Helvetica Neue",
        "Arial",
        "Liberation Sans",
        "Noto Sans",
        "Open Sans",
        "Roboto",
    ];

    static ChartFont()
    {
        Family = Find(SKFontManager.Default.FontFamilies);
        if (Family == BuiltIn)
            Fonts.FontResolvers.Insert(0, new BuiltInResolver());
    }

    /// <summary>
    /// The first of the preferred families that is installed, else the system's own, else the built-in one.
    /// </summary>
    public static string Family { get; }

    /// <summary>Picks from the names of the installed families.</summary>
    internal static string Find(IEnumerable<string> installed)
    {
        var families = installed.Where(name => !string.IsNullOrEmpty(name)).ToList();
        return Preferred.FirstOrDefault(families.Contains) ?? families.FirstOrDefault(BuiltIn);
    }

    /// <summary>The typeface of <see cref="Family"/>.</summary>
    public static SKTypeface CreateTypeface() => Family == BuiltIn ? LoadBuiltIn() : SKTypeface.FromFamilyName(Family);

    /// <summary>The font that comes with the workbook.</summary>
    internal static SKTypeface LoadBuiltIn()
    {
        using var stream = typeof(ChartFont).Assembly.GetManifestResourceStream("fonts/KaTeX_Main-Regular.ttf")!;
        return SKTypeface.FromStream(stream);
    }

    private sealed class BuiltInResolver : IFontResolver
    {
        public SKTypeface CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) =>
            LoadBuiltIn();

        public SKTypeface CreateTypeface(string fontName, bool bold, bool italic) => LoadBuiltIn();
    }
}
