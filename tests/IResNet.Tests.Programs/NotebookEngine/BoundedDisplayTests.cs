using Xunit;

namespace IResNet.Tests.Programs.NotebookEngine;

/// <summary>What holds itself, enumerates itself or never ends is shown all the same, and in little room.</summary>
public sealed class BoundedDisplayTests : EngineTest
{
    private const int Limit = 100_000;

    private const string Types = """
        class Chain : IEnumerable<Chain>
        {
            public IEnumerator<Chain> GetEnumerator() { yield return this; }
            System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
        }
        class Endless : IEnumerable<Endless>
        {
            public IEnumerator<Endless> GetEnumerator() { while (true) yield return new Endless(); }
            System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
        }
        class Untyped : System.Collections.IEnumerable
        {
            public System.Collections.IEnumerator GetEnumerator() { yield return this; }
        }
        record Person(string Name) { public Person Friend { get; set; } }
        record struct Pair(object Other);
        class Node { public Node Next => new Node(); public Node Other => new Node(); public string Text = "abc"; }
        var list = new List<object>(); list.Add(list);
        var array = new object[1]; array[0] = array;
        var dictionary = new Dictionary<string, object>(); dictionary["self"] = dictionary;
        var table = new System.Collections.Hashtable(); table["self"] = table;
        var person = new Person("Ada"); person.Friend = person;
        var two = new Person("Grace") { Friend = person };
        object nested = 1; for (var i = 0; i < 100_000; i++) nested = new object[] { nested };
        object pairs = 1; for (var i = 0; i < 100_000; i++) pairs = Tuple.Create(pairs);
        """;

    [Theory]
    [InlineData("new Chain()", "Chain")]
    [InlineData("new Endless()", "Endless")]
    [InlineData("new Untyped()", "Untyped")]
    [InlineData("list", "List<Object>")]
    [InlineData("array", "Object[]")]
    [InlineData("dictionary", "self")]
    [InlineData("table", "self")]
    [InlineData("person", "Ada")]
    [InlineData("two", "Grace")]
    [InlineData("new[] { person, two }", "Grace")]
    [InlineData("(person, list)", "Ada")]
    [InlineData("new { person, self = list }", "Ada")]
    [InlineData("new Pair(list)", "Other")]
    [InlineData("new Node()", "abc")]
    [InlineData("nested", "Object[]")]
    [InlineData("pairs", "Item1")]
    [InlineData("new List<List<object>> { list }", "List<")]
    [InlineData("new int[3, 4, 5]", "0")]
    public async Task WhateverItHoldsItIsShown(string value, string word)
    {
        await Value(Types);
        foreach (string? show in new[] { value, $"display({value});", $"display({value}, \"text/html\");" })
        {
            Sink = new RecordingSink();
            await Value(show);
            var shown = Sink.Results.Concat(Sink.Displays.Select(d => d.Data)).Single();
            Assert.Contains(word, (string)shown["text/plain"], StringComparison.Ordinal);
            Assert.InRange(shown.Values.Sum(v => v.ToString()!.Length), 1, Limit);
        }
        Assert.NotEqual("", await Value($"({value}).ToDisplayString(\"text/html\")"));
        Assert.Equal(2, await Value("1 + 1"));
    }

    [Fact]
    public async Task AFormatterThatComesBackToItsValueEnds()
    {
        await Value("class Loop { public Loop Self => this; }");
        await Value("Formatter.Register<Loop>(l => l.Self.ToDisplayString(\"text/html\"), \"text/html\");");
        var outcome = await Run("new List<object> { 1, new Node2() }\n#!csharp\nclass Node2 {}");
        Assert.NotNull(outcome);
        Assert.Equal(2, await Value("1 + 1"));
    }

    [Fact]
    public async Task ALongTextIsShownWholeByItselfAndCutWithinALargerValue()
    {
        await Value("var text = new string('x', 1_000_000); text");
        Assert.Equal(1_000_000, ((string)Sink.Results[0]["text/plain"]).Length);
        foreach (string? larger in new[] { "new[] { text }", "(text, 1)", "new List<object> { text }" })
        {
            await Value(larger);
            string shown = (string)Sink.Results[^1]["text/plain"];
            Assert.InRange(shown.Length, 1000, 5000);
            Assert.Contains("more characters)", shown, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task ATracebackOfAnEndlessRecursionIsShort()
    {
        await Value("record Person(string Name) { public Person Friend { get; set; } }");
        var error = await Error("var p = new Person(\"A\"); p.Friend = p; p.ToString()");
        Assert.Equal("InsufficientExecutionStackException", error.Name);
        Assert.InRange(error.Traceback.Count, 10, 200);
        Assert.Contains(error.Traceback, l => l.Contains("more frames", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AChainOfInnerExceptionsIsCut()
    {
        var error = await Error(
            "Exception e = new Exception(\"0\"); for (var i = 1; i < 100_000; i++) e = new Exception($\"{i}\", e); "
                + "throw e;"
        );
        Assert.InRange(error.Traceback.Count, 10, 200);
        Assert.Contains("… and more inner exceptions.", error.Traceback);
    }

    [Theory]
    [InlineData("Message")]
    [InlineData("StackTrace")]
    [InlineData("Source")]
    [InlineData("HelpLink")]
    public async Task AnExceptionWhoseOwnCodeThrowsIsAnErrorOfItsCell(string property)
    {
        await Value(
            $"class Odd : Exception {{ public override string {property} {{ get => throw new Exception(\"no\"); "
                + (property is "Source" or "HelpLink" ? "set {} " : "")
                + "} public override string ToString() => throw new Exception(\"no\"); "
                + "public override System.Collections.IDictionary Data => throw new Exception(\"no\"); }"
        );
        Assert.Equal("Odd", (await Error("throw new Odd();")).Name);
        Assert.Equal("Odd", (await Error("await Task.Run(() => throw new Odd());")).Name);
        await Value("new Odd()");
        Assert.Contains("Odd", (string)Sink.Results[^1]["text/plain"], StringComparison.Ordinal);
        await Value("new Thread(() => throw new Odd()).Start(); await Task.Delay(300);");
        Assert.Contains("Odd", Sink.PrintedErrors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CodeThatIsNestedTooDeepIsAnError()
    {
        var error = await Error($"var x = {new string('(', 50_000)}1{new string(')', 50_000)};");
        Assert.Contains("nested", error.Message, StringComparison.Ordinal);
        Assert.NotNull(Engine.Language.Complete(new string('(', 50_000) + "x.", 50_002));
        Assert.Equal(2, await Value("1 + 1"));
    }
}
