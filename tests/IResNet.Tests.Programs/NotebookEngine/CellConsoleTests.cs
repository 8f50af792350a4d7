using NotebookEngine;
using Xunit;

namespace IResNet.Tests.Programs.NotebookEngine;

public sealed class CellConsoleTests : EngineTest
{
    [Theory]
    [InlineData("(char)Console.Read()", 'q')]
    [InlineData("(char)Console.In.Peek()", 'q')]
    [InlineData("Console.Read(); Console.ReadLine()", "uit")]
    [InlineData("var buffer = new char[10]; Console.In.Read(buffer, 0, 10)", 5)]
    [InlineData("await Console.In.ReadLineAsync()", "quit")]
    public async Task ReadingAsksForALine(string code, object expected)
    {
        Sink = new RecordingSink { Answer = "quit" };
        Assert.Equal(expected, await Value(code));
        Assert.Equal(1, Sink.Events.Count(e => e.StartsWith("ask:", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task ReadingToTheEndAsksUpToAnEmptyLine()
    {
        Sink = new RecordingSink { Answer = "" };
        Assert.Equal("", await Value("Console.In.ReadToEnd()"));
        Assert.Contains(Sink.Events, e => e.Contains("empty line", StringComparison.Ordinal));
    }

    [Fact]
    public async Task WhereNobodyCanAnswerTheInputHasEnded()
    {
        Assert.Equal(-1, await Value("Console.Read()"));
        Assert.Equal("", await Value("Console.In.ReadToEnd()"));
    }

    [Fact]
    public async Task ACharacterInTwoWritesIsWhole()
    {
        await Value("foreach (var c in \"a😀b\") { Console.Write(c); Thread.Sleep(100); }");
        Assert.Equal("a😀b", Sink.Printed);
        foreach (string part in Sink.Events)
            Assert.DoesNotContain(part, char.IsSurrogate(part[^1]) && !char.IsSurrogate(part[^2]) ? part : "\0");
        await Value("Console.Write(new string('x', 32 * 1024 - 1) + \"😀\");");
        Assert.All(Sink.Events, e => Assert.False(char.IsHighSurrogate(e[^1]), "half a character"));
        Sink = new RecordingSink();
        await Value("Console.Write(\"😀\"[0]); display(1); Console.Error.Write(\"😀\"[1]);");
        Assert.Equal(["stdout:\ud83d", "display", "stderr:\ude00"], Sink.Events);
    }
}
