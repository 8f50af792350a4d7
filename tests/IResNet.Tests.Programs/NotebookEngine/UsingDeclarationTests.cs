using NotebookEngine.Language;
using Xunit;

namespace IResNet.Tests.Programs.NotebookEngine;

/// <summary><c>using var</c> at the top level of a cell.</summary>
public sealed class UsingDeclarationTests : EngineTest
{
    private const string Resource = """
        class Res(string name) : IDisposable
        {
            public bool Gone;
            public string Name => Gone ? "gone" : name;
            public void Dispose() { Gone = true; Console.Write($"-{name} "); }
        }
        class Later(string name) : IAsyncDisposable
        {
            public async ValueTask DisposeAsync() { await Task.Delay(10); Console.Write($"-{name} "); }
        }
        """;

    [Theory]
    [InlineData("using var a = new Res(\"a\");\nConsole.Write(\"in \");", "in -a ")]
    [InlineData("using var a = new Res(\"a\"); using var b = new Res(\"b\");", "-b -a ")]
    [InlineData("using Res a = new(\"a\"), b = new(\"b\");", "-b -a ")]
    [InlineData("await using var a = new Later(\"a\"); using var b = new Res(\"b\");", "-b -a ")]
    [InlineData("using /* why */ var a = // so\n    new Res(\"a\");", "-a ")]
    [InlineData("using var _ = new Res(\"a\");", "-a ")]
    [InlineData(
        "using System.Net;\nusing static System.Math;\nusing R = System.Net.Cookie;\n"
            + "using var a = new Res($\"{Max(1, 2)}\");",
        "-2 "
    )]
    [InlineData("{ using var a = new Res(\"a\"); }\nConsole.Write(\"after \");", "-a after ")]
    [InlineData("using (var a = new Res(\"a\")) Console.Write(\"in \");\nConsole.Write(\"after \");", "in -a after ")]
    [InlineData("using Res a = null;", "")]
    [InlineData("var s = \"using var a = b;\"; // using var c = d;", "")]
    public async Task IsReleasedAtTheCellsEndInReverseOrder(string code, string printed)
    {
        await Value(Resource);
        await Value(code);
        Assert.Equal(printed, Sink.Printed);
        Assert.Equal("", Sink.PrintedErrors);
    }

    [Fact]
    public async Task TheValueIsShownBefore()
    {
        await Value(Resource);
        await Value("using var a = new Res(\"a\");\na.Name");
        await Value("using var b = new Res(\"b\");\nb");
        Assert.Equal("a", Sink.Results[0]["text/plain"]);
        Assert.Contains("Name: b", (string)Sink.Results[1]["text/plain"], StringComparison.Ordinal);
        Assert.Equal(true, await Value("a.Gone && b.Gone"));
    }

    [Fact]
    public async Task IsReleasedWhenTheCellFails()
    {
        await Value(Resource);
        var error = await Error("using var a = new Res(\"a\");\nthrow new FormatException(\"why\");");
        Assert.Equal(("FormatException", 2), (error.Name, error.Line));
        Assert.Equal("-a ", Sink.Printed);
        await Error("using var b = new Res(\"b\");\nint.Parse(\"x\");\nusing var c = new Res(\"c\");");
        Assert.Equal("-a -b ", Sink.Printed);
    }

    [Fact]
    public async Task WhatAReleaseThrowsIsTheCellsError()
    {
        await Value("class Bad : IDisposable { public void Dispose() => throw new FormatException(\"release\"); }");
        Assert.Equal("release", (await Error("using var a = new Bad();")).Message);
        Assert.Equal("why", (await Error("using var a = new Bad(); throw new Exception(\"why\");")).Message);
        Assert.Contains("release", Sink.PrintedErrors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatCannotBeReleasedDoesNotCompile()
    {
        var error = await Error("var before = 1;\nusing var a = new object();");
        Assert.Equal(("CompileError", 2), (error.Name, error.Line));
        Assert.Contains("CS1674", error.Message, StringComparison.Ordinal);
        Assert.Contains(
            "CS8410",
            (await Error("await using var a = new StringReader(\"\");")).Message,
            StringComparison.Ordinal
        );
        Assert.Contains("CS0103", (await Error("using var a = nothing;")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnUnnamedOneLeavesDiscardsAlone()
    {
        await Value(Resource);
        await Value("using var _ = new Res(\"a\");");
        await Value("_ = 5; _ = \"text\"; var (_, y) = (1, 2);");
        Assert.Equal("-a ", Sink.Printed);
    }

    [Fact]
    public async Task TheEditorUnderstandsIt()
    {
        await Value(Resource);
        string code = "using var a = new Res(\"a\");\na.";
        Assert.Contains(Engine.Language.Complete(code, code.Length).Items, i => i.Text == "Dispose");
        Assert.Equal(Completeness.Complete, Engine.Language.IsComplete("using var a = new Res(\"a\");"));
    }

    [Fact]
    public async Task TheScopeOfTorchSharpEndsWithTheCell()
    {
        await Value("#r \"TorchSharp.dll\"\nusing TorchSharp;");
        await Value("using var _ = torch.NewDisposeScope();\nvar kept = torch.ones(2); kept.sum().ToSingle()");
        Assert.Equal(true, await Value("kept.IsInvalid"));
    }
}
