using System.Globalization;

namespace IResNet.Workbook.Running;

/// <summary>Spans of time as people write them.</summary>
internal static class Durations
{
    /// <summary><c>0.42 s</c>, <c>12.3 s</c>, <c>2:05</c> or <c>1:02:05</c>.</summary>
    public static string Text(TimeSpan time) =>
        time switch
        {
            { TotalSeconds: < 10 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s"),
            { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
            { TotalHours: < 1 } => time.ToString(@"m\:ss", CultureInfo.InvariantCulture),
            _ => $"{(int)time.TotalHours}:{time:mm\\:ss}",
        };

    /// <summary>Reads <c>90</c> (seconds), <c>90s</c>, <c>15m</c> or <c>1.5h</c>.</summary>
    /// <exception cref="FormatException">The text is none of these, or not more than zero.</exception>
    public static TimeSpan Parse(string text)
    {
        var (digits, unit) = text.Length > 0 && char.IsAsciiLetter(text[^1]) ? (text[..^1], text[^1]) : (text, 's');
        int seconds = unit switch
        {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            _ => 0,
        };
        return
            double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out double count)
            && count * seconds is > 0 and < 1e7
            ? TimeSpan.FromSeconds(count * seconds)
            : throw new FormatException($"\"{text}\" is not a time: write 90 or 90s, 15m or 1.5h.");
    }
}
