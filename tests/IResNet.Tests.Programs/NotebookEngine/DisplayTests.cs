using Xunit;

namespace IResNet.Tests.Programs.NotebookEngine;

public sealed class DisplayTests : EngineTest
{
    [Fact]
    public async Task DisplayShowsAndUpdateReplaces()
    {
        await Value("var shown = display(1); var other = \"a\".Display();");
        Assert.Equal(2, Sink.Displays.Count);
        await Value("shown.Update(2);");
        var (data, id) = Assert.Single(Sink.Updates);
        Assert.Equal("2", data["text/plain"]);
        Assert.Equal(Sink.Displays[0].Id, id);
        Assert.NotEqual(Sink.Displays[1].Id, id);
    }

    [Fact]
    public async Task ADisplayedValueAsLastExpressionIsNotShownTwice()
    {
        await Value("display(1)");
        Assert.Equal(["display"], Sink.Events);
    }

    [Fact]
    public async Task DisplayWorksInsideClassesOfTheCell()
    {
        await Value("class Shower { public void Show() { display(\"here\"); 5.Display(); } } new Shower().Show();");
        Assert.Equal(["display", "display"], Sink.Events);
    }

    [Fact]
    public async Task HtmlIsShownAsHtml()
    {
        await Value("HTML(\"<b>x</b>\")");
        await Value("\"<i>y</i>\".DisplayAs(\"text/html\");");
        Assert.Equal("<b>x</b>", Sink.Results[0]["text/html"]);
        Assert.Equal("<i>y</i>", Sink.Displays[0].Data["text/html"]);
    }

    [Fact]
    public async Task PrintsKeepTheirOrderAmongOtherOutputs()
    {
        await Value(
            "Console.WriteLine('a'); Console.Error.Write('b'); Console.Write(\"c\");"
                + "clear_output(true); display(1); Console.Write('d');"
        );
        Assert.Equal(["stdout:a\n", "stderr:b", "stdout:c", "clear:wait", "display", "stdout:d"], Sink.Events);
    }

    [Fact]
    public async Task ManySmallPrintsComeInFewBatches()
    {
        await Value("for (var i = 0; i < 100_000; i++) Console.WriteLine(i);");
        Assert.Equal(string.Concat(Enumerable.Range(0, 100_000).Select(i => $"{i}\n")), Sink.Printed);
        Assert.InRange(Sink.Events.Count, 2, 200);
    }

    [Fact]
    public async Task PrintsStreamWhileTheCellRuns()
    {
        var cell = Run(
            "Console.WriteLine(\"first\"); await Task.Delay(2000, CancellationToken); Console.WriteLine(\"second\");"
        );
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (Sink.Printed.Length == 0 && !cell.IsCompleted)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        Assert.Equal("first\n", Sink.Printed);
        Assert.False(cell.IsCompleted);
        await cell;
        Assert.Equal("first\nsecond\n", Sink.Printed);
    }

    [Fact]
    public async Task WhatABackgroundTaskPrintsLaterBelongsToItsCell()
    {
        var first = Sink;
        await Value("var late = Task.Run(async () => { await Task.Delay(200); Console.WriteLine(\"late\"); });");
        Sink = new RecordingSink();
        await Value("Console.WriteLine(\"second\"); await late; await Task.Delay(100);");
        Assert.Equal("late\n", first.Printed);
        Assert.Equal("second\n", Sink.Printed);
    }

    [Fact]
    public async Task InputComesFromTheSink()
    {
        Sink = new RecordingSink { Answer = "Ada" };
        Assert.Equal("AdaAdaAda", await Value("input(\"name? \") + password(\"key? \") + Console.ReadLine()"));
        Assert.Equal(["ask:name? :False", "ask:key? :True", "ask::False", "result"], Sink.Events);
    }

    [Fact]
    public async Task ASinkThatFailsIsTheHostsToHearOf()
    {
        Sink = new RecordingSink { Fails = true };
        await Assert.ThrowsAsync<IOException>(() => Run("Console.WriteLine(1);"));
        Sink = new RecordingSink();
        Assert.Equal(2, await Value("1 + 1"));
    }

    [Fact]
    public async Task WhatIsPrintedOutsideOfCellsGoesWhereItWent()
    {
        await Value("1");
        Console.Write("");
        Console.Out.Flush();
        Assert.Equal("", Sink.Printed);
    }
}
