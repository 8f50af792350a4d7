using System.Text.Json.Nodes;
using Microsoft.DotNet.Interactive.Formatting;
using NotebookEngine.Cells;
using NotebookEngine.Formatting;
using Xunit;

namespace IResNet.Tests.Programs.NotebookEngine;

public sealed class ValueFormatterTests
{
    private sealed record Row(string Method, double Bits, int[] Seeds);

    private record struct Cell(int Number);

    private class Chart;

    private sealed class DerivedChart : Chart;

    private sealed record Custom(int Value);

    private sealed record Failing(int Good)
    {
        public int Bad => throw new FormatException("no");
    }

    private sealed class Plain
    {
        public int Size { get; init; } = 3;
    }

    [Theory]
    [InlineData(42, "42")]
    [InlineData(0.1, "0.1")]
    [InlineData("a<b", "a<b")]
    [InlineData(true, "True")]
    [InlineData(DayOfWeek.Friday, "Friday")]
    [InlineData(null, "null")]
    public void ScalarsArePlainTextOnly(object? value, string text) =>
        Assert.Equal([KeyValuePair.Create<string, object>("text/plain", text)], ValueFormatter.Format(value));

    [Fact]
    public void ListsOfScalarsAreOneLine()
    {
        Assert.Equal("[1, 2, 3]", Assert.Single(ValueFormatter.Format(new[] { 1, 2, 3 })).Value);
        Assert.Equal(
            "[0, 2, 4]",
            Assert.Single(ValueFormatter.Format(Enumerable.Range(0, 3).Select(x => 2 * x))).Value
        );
        Assert.EndsWith("99, … 900 more]", Text(Enumerable.Range(0, 1000).ToList()), StringComparison.Ordinal);
    }

    [Fact]
    public void ALazySequenceIsNotRunToItsEnd()
    {
        static IEnumerable<int> Endless()
        {
            for (int i = 0; ; i++)
                yield return i;
        }

        Assert.EndsWith("99, … more]", Text(Endless()), StringComparison.Ordinal);
        Assert.EndsWith("… more rows", Text(Endless().Select(i => new { i })), StringComparison.Ordinal);
    }

    [Fact]
    public void RecordsAreTablesWithAColumnAProperty()
    {
        var shown = ValueFormatter.Format(new[] { new Row("<series>", 1.0 / 3, [1, 2]), new Row("exact", 2, []) });
        Assert.Equal(
            "<table><thead><tr><th>Method</th><th>Bits</th><th>Seeds</th></tr></thead><tbody>"
                + "<tr><td>&lt;series&gt;</td><td>0.333333</td><td>[1, 2]</td></tr>"
                + "<tr><td>exact</td><td>2</td><td>[]</td></tr></tbody></table>",
            shown["text/html"]
        );
        Assert.Equal(
            "Method    Bits      Seeds\n<series>  0.333333  [1, 2]\nexact     2         []",
            shown["text/plain"]
        );
    }

    [Fact]
    public void APropertyThatThrowsDoesNotSpoilTheTable() =>
        Assert.Equal("Good  Bad\n1     FormatException: no", ValueFormatter.Format(new Failing(1))["text/plain"]);

    [Fact]
    public void TuplesAnonymousObjectsAndRecordStructsAreTablesAsWell()
    {
        Assert.Equal("Item1  Item2\n1      a", ValueFormatter.Format((1, "a"))["text/plain"]);
        Assert.Equal("A  B\n1  x", ValueFormatter.Format(new[] { new { A = 1, B = "x" } })["text/plain"]);
        Assert.Equal("Number\n7", ValueFormatter.Format(new List<Cell> { new(7) })["text/plain"]);
    }

    [Fact]
    public void TuplesOfAnyLengthAreOneRow()
    {
        Assert.Equal(
            "Item1  Item2  Item3  Item4  Item5  Item6  Item7\n1      2      3      4      5      6      7",
            Text((1, 2, 3, 4, 5, 6, 7))
        );
        Assert.EndsWith(
            "\n1      2      3      4      5      6      7      8",
            Text((1, 2, 3, 4, 5, 6, 7, 8)),
            StringComparison.Ordinal
        );
        var long16 = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
        Assert.Equal(
            Enumerable.Range(1, 16).Select(i => $"{i}"),
            Text(long16).Split('\n')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)
        );
        Assert.EndsWith("16", Text(new[] { long16, long16 }), StringComparison.Ordinal);
        Assert.EndsWith(
            "8",
            Text(new Tuple<int, int, int, int, int, int, int, Tuple<int>>(1, 2, 3, 4, 5, 6, 7, new(8))),
            StringComparison.Ordinal
        );
        Assert.Equal("Item1\n1", Text(ValueTuple.Create(1)));
    }

    [Theory]
    [InlineData("2020-01-02")]
    [InlineData("03:04:05.006")]
    [InlineData("1.5")]
    [InlineData("170141183460469231731687303715884105727")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("1.02:03:04")]
    [InlineData("https://example.org/a")]
    [InlineData("0..^1")]
    [InlineData("{\n  \"a\": 1\n}")]
    [InlineData("[\n  1,\n  2\n]")]
    public void OtherScalarsAreOneTextAlsoInTables(string text)
    {
        object[] values =
        [
            new DateOnly(2020, 1, 2),
            new TimeOnly(3, 4, 5, 6),
            (Half)1.5,
            Int128.MaxValue,
            double.NaN,
            float.PositiveInfinity,
            new TimeSpan(1, 2, 3, 4),
            new Uri("https://example.org/a"),
            0..^1,
            System.Text.Json.JsonDocument.Parse("{\"a\":1}").RootElement,
            Newtonsoft.Json.Linq.JArray.Parse("[1, 2]"),
        ];
        object value = Assert.Single(values, v => Text(v).ReplaceLineEndings("\n") == text);
        Assert.Equal(["text/plain"], ValueFormatter.Format(value).Keys);
        Assert.Contains(text.Split('\n')[0], Text(new[] { (value, 1) }), StringComparison.Ordinal);
    }

    [Fact]
    public void JsonThatIsNestedTooDeepForItsWriterEndsNothing()
    {
        var array = new Newtonsoft.Json.Linq.JArray();
        for (int i = 0; i < 2000; i++)
            array = [array];
        Assert.Equal("JArray nested more than 500 deep", Text(array));
        Assert.Equal(
            "{\n  \"a\": 1\n}",
            Text(Newtonsoft.Json.Linq.JObject.Parse("{\"a\":1}")).ReplaceLineEndings("\n")
        );
    }

    [Fact]
    public void ATaskThatRunsIsNotWaitedFor() =>
        Assert.DoesNotContain("Result", Text(new TaskCompletionSource<int>().Task), StringComparison.Ordinal);

    [Fact]
    public void TimesAndJsonReadAsTheirStandardsSay()
    {
        Assert.Equal("1970-01-01 00:00:00", Text(DateTime.UnixEpoch));
        Assert.Equal("{\n  \"a\": 1\n}", Text(JsonNode.Parse("{\"a\":1}")!).ReplaceLineEndings("\n"));
    }

    [Fact]
    public void DictionariesAreTablesOfKeyAndValue() =>
        Assert.Equal(
            "Key  Value\na    1",
            ValueFormatter.Format(new Dictionary<string, int> { ["a"] = 1 })["text/plain"]
        );

    [Fact]
    public void MatricesHaveARowALine()
    {
        Assert.Equal(
            "[[1, 2],\n [3, 4]]",
            Assert
                .Single(
                    ValueFormatter.Format(
                        new[,]
                        {
                            { 1, 2 },
                            { 3, 4 },
                        }
                    )
                )
                .Value
        );
        Assert.Equal("[[1, 2],\n [3]]", Assert.Single(ValueFormatter.Format(new[] { new[] { 1.0, 2 }, [3] })).Value);
        Assert.Equal("[null,\n null]", ValueFormatter.Format(new int[2][])["text/plain"]);
        Assert.Equal("[a, b]", ValueFormatter.Format(new[] { "a", "b" })["text/plain"]);
    }

    [Fact]
    public void OtherObjectsAreLeftToThePackage()
    {
        var shown = ValueFormatter.Format(new Plain());
        Assert.Contains("Size", (string)shown["text/html"], StringComparison.Ordinal);
        Assert.Contains("Size: 3", (string)shown["text/plain"], StringComparison.Ordinal);
    }

    [Fact]
    public void TheHostSaysHowATypeAndItsDerivedTypesAreShown()
    {
        ValueFormatter.Register<Chart>(c => new MimeBundle
        {
            ["image/png"] = "AAAA",
            ["application/json"] = JsonNode.Parse("[1]")!,
        });
        Assert.Equal(["image/png", "application/json"], ValueFormatter.Format(new DerivedChart()).Keys);
    }

    [Fact]
    public void AFormatterRegisteredWithThePackageComesFirst()
    {
        Assert.Contains("<table>", (string)ValueFormatter.Format(new Custom(1))["text/html"], StringComparison.Ordinal);
        Formatter.Register<Custom>(c => $"<b>{c.Value}</b>", "text/html");
        Assert.Equal("<b>1</b>", ValueFormatter.Format(new Custom(1))["text/html"]);
    }

    [Fact]
    public void ALibraryNamesItsFormattersByConvention()
    {
        var shown = ValueFormatter.Format(new Conventional());
        Assert.Equal("{\"n\":1}", ((JsonNode)shown["application/json"]).ToJsonString());
        Assert.Equal("by convention", shown["text/plain"]);
    }

    [Fact]
    public void OneRepresentationCanBeAskedFor() =>
        Assert.Equal("<i>x</i>", ValueFormatter.Format("<i>x</i>", "text/html")["text/html"]);

    private static string Text(object value) => (string)ValueFormatter.Format(value)["text/plain"];

    [TypeFormatterSource(typeof(Formatters), PreferredMimeTypes = ["application/json", "text/plain"])]
    private sealed record Conventional;

    private sealed class Formatters
    {
        public static IEnumerable<object> CreateTypeFormatters() => [new JsonFormatter(), new TextFormatter()];
    }

    private sealed class JsonFormatter
    {
        public string MimeType => "application/json";

        public bool Format(object value, TextWriter writer)
        {
            writer.Write("""{ "n": 1 }""");
            return true;
        }
    }

    private sealed class TextFormatter
    {
        public string MimeType => "text/plain";

        public bool Format(object value, TextWriter writer)
        {
            writer.Write("by convention");
            return true;
        }
    }

    /// <summary>A library without a reference to the package has an attribute of its own of this name.</summary>
    [AttributeUsage(AttributeTargets.Class)]
    private sealed class TypeFormatterSourceAttribute(Type formatterSourceType) : Attribute
    {
        public Type FormatterSourceType => formatterSourceType;

        public string[] PreferredMimeTypes { get; set; } = [];
    }
}
