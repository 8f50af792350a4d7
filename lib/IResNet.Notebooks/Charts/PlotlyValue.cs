using System.Globalization;
using System.Text.Json.Nodes;

namespace IResNet.Notebooks;

/// <summary>Numbers, texts and colours as Plotly reads them.</summary>
internal static class PlotlyValue
{
    /// <summary>
    /// Formats of numbers: nine digits hold every float32; five are more than a colour scale can show.
    /// </summary>
    public const string Exact = "G9",
        Shade = "G5";

    /// <summary>Numbers with the digits that matter.</summary>
    public static JsonArray Numbers(IEnumerable<double> values, string format = Exact) =>
        new([.. values.Select(value => Number(value, format))]);

    /// <summary>A number with the digits that matter; null, Plotly's gap, where it is not finite.</summary>
    public static JsonNode? Number(double value, string format = Exact) =>
        double.IsFinite(value)
            ? JsonValue.Create(
                double.Parse(value.ToString(format, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
            )
            : null;

    /// <summary>Plotly reads a small HTML: plain text has to be escaped.</summary>
    public static string Text(string text) => text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");

    /// <summary>A colour of the palette, seen through.</summary>
    public static string Transparent(string color, double opacity)
    {
        int rgb = int.Parse(color.AsSpan(1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"rgba({rgb >> 16},{(rgb >> 8) & 255},{rgb & 255},{opacity})"
        );
    }
}
