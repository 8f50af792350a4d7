using IResNet.Workbook.Html;
using Xunit;

namespace IResNet.Tests.Programs.Workbook.Html;

public class TerminalTextTests
{
    [Theory]
    [InlineData("plain\n", "plain\n")]
    [InlineData("\u001b[1;31mred\u001b[0m and \u001b]0;title\u0007more", "red and more")]
    [InlineData("10%\r50%\r100%\ndone", "100%\ndone")]
    [InlineData("windows\r\nlines\r\n", "windows\nlines\n")]
    [InlineData("99%\r", "99%")]
    public void A_text_is_what_a_terminal_would_leave(string text, string plain) =>
        Assert.Equal(plain, TerminalText.Plain(text));

    [Fact]
    public void A_long_text_takes_no_longer_than_its_length_asks_for()
    {
        string text =
            new string('x', 5_000_000)
            + "\u001b]"
            + new string('\u001b', 100_000)
            + string.Concat(Enumerable.Repeat("\u001b]a", 100_000));
        var clock = System.Diagnostics.Stopwatch.StartNew();

        TerminalText.Plain(text);

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{clock.Elapsed}");
    }
}
