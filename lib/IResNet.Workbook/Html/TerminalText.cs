using System.Text.RegularExpressions;

namespace IResNet.Workbook.Html;

/// <summary>What a terminal would show of a text.</summary>
internal static partial class TerminalText
{
    /// <summary>
    /// Without ANSI escapes, and of a line that was overwritten after carriage returns only its last state.
    /// </summary>
    public static string Plain(string text) =>
        string.Join('\n', Escape().Replace(text, "").Split('\n').Select(LastState));

    private static string LastState(string line)
    {
        line = line.TrimEnd('\r');
        return line[(line.LastIndexOf('\r') + 1)..];
    }

    [GeneratedRegex(@"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\a\x1b]*(\a|\x1b\\)|[@-_])")]
    private static partial Regex Escape();
}
