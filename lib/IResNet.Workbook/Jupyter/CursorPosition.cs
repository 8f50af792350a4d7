namespace IResNet.Workbook.Jupyter;

/// <summary>Jupyter counts a cursor's position in Unicode code points, .NET in UTF-16 units.</summary>
internal static class CursorPosition
{
    public static int ToUtf16(string text, int codePoints)
    {
        int index = 0;
        for (int i = 0; i < codePoints && index < text.Length; i++)
            index += IsPair(text, index) ? 2 : 1;
        return index;
    }

    public static int ToCodePoints(string text, int utf16)
    {
        int count = 0;
        for (int index = 0; index < utf16 && index < text.Length; count++)
            index += IsPair(text, index) ? 2 : 1;
        return count;
    }

    private static bool IsPair(string text, int index) =>
        index + 1 < text.Length && char.IsSurrogatePair(text[index], text[index + 1]);
}
