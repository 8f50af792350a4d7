using System.Net;
using System.Text.RegularExpressions;
using IResNet.Workbook.Html;
using Xunit;

namespace IResNet.Tests.Programs.Workbook.Html;

public partial class CSharpHighlighterTests
{
    [Theory]
    [InlineData("var x = 1;", "<span class=\"k\">var</span> x = <span class=\"n\">1</span>;")]
    [InlineData("List<int> l;", "<span class=\"t\">List</span>&lt;<span class=\"k\">int</span>&gt; l;")]
    [InlineData(
        "a.B(\"c\") // d",
        "a.<span class=\"m\">B</span>(<span class=\"s\">&quot;c&quot;</span>) <span class=\"c\">// d</span>"
    )]
    [InlineData("#r \"nuget: X\"", "<span class=\"p\">#r &quot;nuget: X&quot;</span>")]
    [InlineData(
        "record R(int A);",
        "<span class=\"k\">record</span> <span class=\"t\">R</span>(<span class=\"k\">int</span> A);"
    )]
    public void Tokens_have_classes(string source, string html) => Assert.Equal(html, CSharpHighlighter.ToHtml(source));

    [Theory]
    [InlineData("")]
    [InlineData("/* open")]
    [InlineData("#r \"x\"\n#!time\n#load \"y\"\nvar s = $\"{a:0.00} {b switch { 1 => \"x\", _ => $\"{c}\" }}\";\n")]
    [InlineData(
        "var raw = \"\"\"\n  <b> & {x}\n  \"\"\";\n#if DEBUG\nskipped <x>\n#endif\n/// <summary>doc</summary>\nint "
            + "F() => 1;"
    )]
    [InlineData("this does not compile ((( \"open\n}} <script>")]
    [InlineData("α.β(\"🎲\")\t;\r\nawait foreach (var x in y) ;")]
    public void The_text_is_the_source_whatever_it_is(string source) =>
        Assert.Equal(source, WebUtility.HtmlDecode(Tag().Replace(CSharpHighlighter.ToHtml(source), "")));

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tag();
}
