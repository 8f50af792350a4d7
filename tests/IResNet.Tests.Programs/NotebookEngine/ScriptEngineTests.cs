using NotebookEngine;
using Xunit;

namespace IResNet.Tests.Programs.NotebookEngine;

public sealed class ScriptEngineTests : EngineTest
{
    [Fact]
    public async Task StateLastsFromCellToCell()
    {
        await Value("var x = 40; int Twice(int n) => 2 * n; record Point(int X, int Y);");
        Assert.Equal(82, await Value("Twice(x + 1)"));
        Assert.Equal(3, await Value("new Point(3, 4).X"));
    }

    [Fact]
    public async Task ANameMayBeDeclaredAgainWithAnotherType()
    {
        await Value("var x = 1;");
        await Value("var x = \"one\";");
        Assert.Equal("one", await Value("x"));
    }

    [Fact]
    public async Task AwaitWorksAtTheTopLevelAndComesBackToTheCellsThread()
    {
        await Value(
            "int Id() => Environment.CurrentManagedThreadId; var before = Id(); await Task.Delay(10); var after = Id();"
        );
        Assert.Equal(true, await Value("before == after"));
        await Value(
            "async IAsyncEnumerable<int> Numbers() { for (var i = 0; i < 3; i++) { await Task.Yield(); yield "
                + "return i; } }"
        );
        await Value("var sum = 0; await foreach (var n in Numbers()) sum += n;");
        Assert.Equal(3, await Value("sum"));
    }

    [Fact]
    public async Task CellsShareOneThread() =>
        Assert.Equal(
            await Value("Environment.CurrentManagedThreadId"),
            await Value("Environment.CurrentManagedThreadId")
        );

    [Fact]
    public async Task OnlyALastExpressionWithoutSemicolonIsAResult()
    {
        await Value("var x = 1 + 1;");
        await Value("(string)null");
        Assert.Empty(Sink.Events);
        await Value("1 + 1");
        Assert.Equal(["result"], Sink.Events);
        Assert.Equal("2", Sink.Results[0]["text/plain"]);
    }

    [Fact]
    public async Task AnExceptionKeepsWhatWasAssignedBefore()
    {
        var error = await Error("var kept = 7;\nthrow new InvalidOperationException(\"no\");");
        Assert.Equal(
            ("InvalidOperationException", "no", "cell[1]", 2),
            (error.Name, error.Message, error.Source, error.Line)
        );
        Assert.Equal(7, await Value("kept"));
    }

    [Fact]
    public async Task ACompileErrorNamesCellAndLineAndChangesNothing()
    {
        await Value("var x = 1;");
        var error = await Error("x = 2;\nvar y = undefined + 1;");
        Assert.Equal(("CompileError", "cell[2]", 2), (error.Name, error.Source, error.Line));
        Assert.Contains("cell[2], line 2, column 9: CS0103", error.Message, StringComparison.Ordinal);
        Assert.Equal(["    var y = undefined + 1;", "            ^"], error.Traceback.Skip(1));
        Assert.Equal(1, await Value("x"));
    }

    [Fact]
    public async Task ATracebackGoesThroughTheCellsAndNoFurther()
    {
        await Value("int Divide(int a, int b)\n{\n    return a / b;\n}");
        var error = await Error("var zero = 0;\nDivide(1, zero)");
        Assert.Equal(("DivideByZeroException", "cell[1]", 3), (error.Name, error.Source, error.Line));
        Assert.Equal(
            [
                "System.DivideByZeroException: Attempted to divide by zero.",
                "   at cell[1], line 3, in Divide(Int32 a, Int32 b)",
                "      return a / b;",
                "   at cell[2], line 2",
                "      Divide(1, zero)",
            ],
            error.Traceback
        );
    }

    [Fact]
    public async Task InnerExceptionsAreTold()
    {
        var error = await Error("Task.Run(() => { throw new FormatException(\"inner\"); }).Wait();");
        Assert.Equal("FormatException", error.Name);
        error = await Error(
            "try { int.Parse(\"x\"); } catch (Exception e) { throw new InvalidOperationException(\"outer\", e); }"
        );
        Assert.Equal("InvalidOperationException", error.Name);
        Assert.Contains(error.Traceback, l => l.StartsWith("---> System.FormatException", StringComparison.Ordinal));
    }

    [Fact]
    public async Task MethodsAreNamedAsTheyWereWritten()
    {
        var error = await Error("async Task Fail() { await Task.Yield(); throw new Exception(); }\nawait Fail();");
        Assert.Contains("   at cell[1], line 1, in Fail", error.Traceback);
        error = await Error("new[] { 0 }.Select(x => 1 / x).ToList()");
        Assert.Contains("   at cell[2], line 1, in a lambda", error.Traceback);
    }

    [Fact]
    public async Task AnErrorWhileAValueIsShownIsTheCells()
    {
        var error = await Error("Enumerable.Range(0, 3)\n    .Select(x => 1 / (x - 1))");
        Assert.Equal(("DivideByZeroException", 2), (error.Name, error.Line));
        Assert.DoesNotContain(error.Traceback, l => l.Contains("NotebookEngine", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AllOfSeveralErrorsAreTold()
    {
        var error = await Error(
            "throw new AggregateException(new FormatException(\"a\"), new Exception(\"b\", new Exception(\"c\")));"
        );
        Assert.Equal(
            ["---> System.FormatException: a", "---> System.Exception: b", "---> System.Exception: c"],
            error.Traceback.Where(l => l.StartsWith("--->", StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task AnErrorInALineAfterADirectiveHasTheRightLine()
    {
        var error = await Error("#!time\n\nthrow new Exception();");
        Assert.Equal(3, error.Line);
    }

    [Theory]
    [InlineData("var thread = new Thread(() => throw new FormatException(\"lost\")); thread.Start(); thread.Join();")]
    [InlineData("ThreadPool.QueueUserWorkItem(_ => throw new FormatException(\"lost\")); await Task.Delay(500);")]
    [InlineData(
        "async void Lose() { await Task.Delay(10); throw new FormatException(\"lost\"); } Lose(); "
            + "await Task.Delay(300);"
    )]
    [InlineData(
        "async void Lose() { await Task.Delay(100).ConfigureAwait(false); throw new FormatException(\"lost\"); "
            + "} Lose();"
    )]
    public async Task WhatABackgroundThreadThrowsIsPrintedAndEndsNothing(string code)
    {
        await Value(code);
        for (int i = 0; i < 100 && Sink.PrintedErrors.Length == 0; i++)
            await Task.Delay(20, TestContext.Current.CancellationToken);
        Assert.Contains("FormatException: lost", Sink.PrintedErrors, StringComparison.Ordinal);
        Assert.Equal(2, await Value("1 + 1"));
    }

    [Fact]
    public async Task OneCellAtATime()
    {
        var first = Run("Thread.Sleep(300);");
        await Assert.ThrowsAsync<InvalidOperationException>(() => Run("1"));
        Assert.Equal(CellStatus.Ok, (await first).Status);
    }

    [Fact]
    public async Task AnImportThatDoesNotExistIsTheErrorOfACell()
    {
        Engine.Dispose();
        Engine = new ScriptEngine(new EngineOptions { Imports = ["No.Such.Place"] });
        var error = await Error("1");
        Assert.Contains("CS0246", error.Message, StringComparison.Ordinal);
        Assert.Null(error.Line);
    }

    [Fact]
    public void AnUnknownHostAssemblyIsRefused()
    {
        var options = new EngineOptions { Assemblies = ["NoSuchThing"] };
        Assert.Contains(
            "NoSuchThing",
            Assert.Throws<ArgumentException>(() => new ScriptEngine(options)).Message,
            StringComparison.Ordinal
        );
    }
}
