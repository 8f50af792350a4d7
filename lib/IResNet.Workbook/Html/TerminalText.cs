using System.Text.RegularExpressions;

namespace IResNet.Workbook.Html;

/// <summary>What a terminal would show of a text.</summary>
internal static partial class TerminalText
{
    /// <summary>Without ANSI escapes, and of a line that was overwritten after carriage returns only its last state.</summary>
    public static string Plain(string text) => Overwritten().Replace(Escape().Replace(text, ""), "");

    [GeneratedRegex(@"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\a\x1b]*(\a|\x1b\\)|[@-_])")]
    private static partial Regex Escape();

    [GeneratedRegex(@"[^\n]*\r(?=[^\n])|\r(?=\n|$)")]
    private static partial Regex Overwritten();
}
