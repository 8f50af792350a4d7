using IResNet.Tests.Programs.Workbook.Notebooks;
using IResNet.Workbook.Notebooks;
using IResNet.Workbook.Running;
using Xunit;
using static IResNet.Tests.Programs.Workbook.Running.NotebookFolder;

namespace IResNet.Tests.Programs.Workbook.Running;

public sealed class NotebookRunnerTests : IDisposable
{
    private readonly NotebookFolder _folder = new();
    private readonly StringWriter _console = new();

    public void Dispose() => _folder.Dispose();

    private async Task<(RunRecord Record, Notebook Notebook)> RunAsync(
        Cell[] cells,
        Dictionary<string, string>? parameters = null,
        TimeSpan? timeout = null,
        CancellationToken? stop = null
    )
    {
        var job = new NotebookJob(_folder.Notebook("a.ipynb", cells), _folder.Out, parameters ?? [], timeout);
        using var progress = new PlainProgress(_console);
        var record = await new NotebookRunner(job, progress).RunAsync(stop ?? TestContext.Current.CancellationToken);
        NbFormat.ValidateAndRewrite(job.Output);
        Assert.Equal(record.Status, RunRecord.Load(job.Output)!.Status);
        return (record, Notebook.Load(job.Output));
    }

    private static string Shown(Cell cell) =>
        string.Concat(
            cell.Outputs.Select(output =>
                output switch
                {
                    StreamOutput stream => stream.Text,
                    DisplayOutput display => $"<{display.Text("text/plain")}>",
                    ErrorOutput error => $"!{error.Name}",
                    _ => "?",
                }
            )
        );

    [Fact]
    public async Task A_run_leaves_outputs_counts_and_metadata_as_Jupyter_would_and_the_same_every_time()
    {
        Cell[] cells =
        [
            Text("title", "# T"),
            Code("parameters", "int steps = 1; var preset = \"quick\";", "parameters"),
            Code("print", "Console.WriteLine(steps); Console.WriteLine(preset);"),
            Code("blank", "  \n"),
            Code("display", "var shown = \"first\".Display();"),
            Code("update", "shown.Update(\"second\"); shown.GetType().Name.Length"),
            Code("raises", "throw new Exception();", "raises-exception"),
            Code("skipped", "nonsense", "skip"),
            Code("last", "1 + 1"),
        ];
        cells[2].Metadata["execution"] = new System.Text.Json.Nodes.JsonObject
        {
            ["iopub.execute_input"] = "some time",
        };
        cells[7].Outputs.Add(new StreamOutput("stdout", "kept"));
        cells[8].Outputs.Add(new StreamOutput("stdout", "removed"));
        var parameters = new Dictionary<string, string> { ["steps"] = "7", ["preset"] = "paper" };

        var (record, notebook) = await RunAsync(cells, parameters);
        string text = File.ReadAllText(_folder.File("out", "a.ipynb"));
        var (_, again) = await RunAsync(cells, parameters);

        Assert.Equal(RunStatus.Passed, record.Status);
        Assert.Equal(
            [
                "parameters 1 ",
                "injected-parameters 2 ",
                "print 3 7\npaper\n",
                "blank  ",
                "display 4 <second>",
                "update 5 <14>",
                "raises 6 !Exception",
                "skipped  kept",
                "last 7 <2>",
            ],
            notebook.CodeCells.Select(cell =>
                $"{cell.Id} {cell.ExecutionCount} {Shown(cell).Replace("!System.", "!", StringComparison.Ordinal)}"
            )
        );
        Assert.Equal("C#", (string?)notebook.Metadata["language_info"]!["name"]);
        Assert.Equal(".net-csharp", (string?)notebook.Metadata["kernelspec"]!["name"]);
        Assert.Equal(text, again.ToJson());
        Assert.DoesNotContain("some time", text);
        Assert.Equal("../a.ipynb", record.Notebook);
        Assert.Equal(7, record.CellSeconds.Count);
    }

    [Fact]
    public async Task Expected_times_come_from_the_notebook_and_then_from_the_last_run()
    {
        var slow = Code("slow", "await Task.Delay(100);");
        slow.Metadata["iresnet"] = new System.Text.Json.Nodes.JsonObject { ["seconds"] = 7200 };
        Cell[] cells = [Text("t", "# Title\n\n## Part"), Code("first", "1"), slow];

        await RunAsync(cells);
        Assert.Contains("[1/2] Part: 1  (", _console.ToString());
        Assert.Matches(@"about \d:\d\d:\d\d left", _console.ToString());

        _console.GetStringBuilder().Clear();
        await RunAsync(cells);
        Assert.DoesNotMatch(@"\d:\d\d:\d\d", _console.ToString());
    }

    [Fact]
    public async Task A_failing_cell_ends_the_run_and_is_named_with_its_line()
    {
        var (record, notebook) = await RunAsync([
            Code("a", "var zero = 0;"),
            Code("b", "// no\nvar x = 1 / zero;"),
            Code("c", "\"never\""),
        ]);

        Assert.Equal((RunStatus.Failed, "b"), (record.Status, record.Cell));
        Assert.Contains("cell [2], line 2: DivideByZeroException", record.Message);
        Assert.IsType<ErrorOutput>(Assert.Single(notebook.Cells[1].Outputs));
        Assert.Null(notebook.Cells[2].ExecutionCount);
        Assert.Contains("failed after", _console.ToString());
    }

    [Fact]
    public async Task A_compile_error_is_named_with_its_line()
    {
        var (record, _) = await RunAsync([Code("a", "\n\nint x = \"a\";")]);

        Assert.Contains("cell [1] does not compile", record.Message);
        Assert.Contains("line 3", record.Message);
    }

    [Fact]
    public async Task A_cell_that_takes_too_long_fails()
    {
        var (record, notebook) = await RunAsync(
            [Code("a", "1"), Code("b", "Console.WriteLine(\"begun\"); Thread.Sleep(120000);")],
            timeout: TimeSpan.FromSeconds(8)
        );

        Assert.Equal(RunStatus.Failed, record.Status);
        Assert.Contains("cell [2] took longer than the 8.00 s", record.Message);
        Assert.StartsWith("begun\n", Shown(notebook.Cells[1]));
        Assert.EndsWith("!Timeout", Shown(notebook.Cells[1]));
        Assert.True(record.Seconds < 100);
    }

    [Fact]
    public async Task A_stop_keeps_what_there_is()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        string marker = _folder.File("begun");
        var run = RunAsync(
            [
                Code("a", "1"),
                Code("b", $"Console.WriteLine(\"begun\"); File.WriteAllText(@\"{marker}\", \"\"); while (true) ;"),
                Code("c", "2"),
            ],
            stop: stop.Token
        );
        while (!File.Exists(marker) && !run.IsCompleted)
            await Task.Delay(20, TestContext.Current.CancellationToken);
        await stop.CancelAsync();

        var (record, notebook) = await run;

        Assert.Equal((RunStatus.Interrupted, "b"), (record.Status, record.Cell));
        Assert.Equal("<1>", Shown(notebook.Cells[0]));
        Assert.StartsWith("begun\n", Shown(notebook.Cells[1]));
        Assert.Empty(notebook.Cells[2].Outputs);
    }
}
