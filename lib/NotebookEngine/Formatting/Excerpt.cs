using System.Globalization;

namespace NotebookEngine.Formatting;

/// <summary>Bounds a text.</summary>
internal static class Excerpt
{
    /// <summary>
    /// The text where it has at most <paramref name="limit"/> characters, else its beginning and how much is left out.
    /// </summary>
    public static string Of(string text, int limit)
    {
        if (text.Length <= limit)
            return text;
        int end = char.IsHighSurrogate(text[limit - 1]) ? limit - 1 : limit;
        return string.Create(CultureInfo.InvariantCulture, $"{text[..end]}… ({text.Length - end} more characters)");
    }
}
