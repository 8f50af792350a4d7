using System.Text.Json.Nodes;
using IResNet.Tests.Programs.Workbook.Notebooks;
using IResNet.Workbook.Notebooks;
using IResNet.Workbook.Running;
using NotebookEngine;
using Xunit;
using static IResNet.Tests.Programs.Workbook.Running.NotebookFolder;

namespace IResNet.Tests.Programs.Workbook.Running;

public sealed class NotebookRecorderTests : IDisposable
{
    private readonly NotebookFolder _folder = new();
    private readonly Cell _first = Code("first", "1");
    private readonly Cell _second = Code("second", "2");
    private readonly List<string> _heard = [];
    private readonly NotebookRecorder _recorder;

    public NotebookRecorderTests() =>
        _recorder = new NotebookRecorder(
            new Notebook { Cells = { _first, _second } },
            _folder.File("a.ipynb"),
            _heard.Add
        );

    public void Dispose() => _folder.Dispose();

    private static Dictionary<string, object> Plain(string text) => new() { ["text/plain"] = text };

    private static string? PlainOf(Output output) => ((DisplayOutput)output).Text("text/plain");

    [Fact]
    public void Consecutive_prints_to_one_stream_are_one_output()
    {
        var sink = _recorder.Begin(_first, 1);
        sink.Stream(StreamName.Stdout, "a\n");
        sink.Stream(StreamName.Stdout, "b\n");
        sink.Stream(StreamName.Stderr, "c\n");
        sink.Stream(StreamName.Stdout, "d\n");

        Assert.Equal(
            ["stdout a\nb\n", "stderr c\n", "stdout d\n"],
            _first.Outputs.Cast<StreamOutput>().Select(o => $"{o.Name} {o.Text}")
        );
        Assert.Equal(["a\n", "b\n", "c\n", "d\n"], _heard);
    }

    [Fact]
    public void An_update_changes_every_output_with_the_id_in_any_cell()
    {
        var first = _recorder.Begin(_first, 1);
        first.Display(Plain("old"), "id");
        first.Display(Plain("other"), "other");
        var second = _recorder.Begin(_second, 2);
        second.Display(Plain("newer"), "id");

        Assert.Equal("newer", PlainOf(_first.Outputs[0]));

        second.UpdateDisplay(
            new Dictionary<string, object>
            {
                ["text/plain"] = "newest",
                [MimeTypes.Plotly] = new JsonObject { ["data"] = new JsonArray() },
            },
            "id"
        );
        second.UpdateDisplay(Plain("nobody"), "unknown");

        Assert.Equal("newest", PlainOf(_first.Outputs[0]));
        Assert.Equal("newest", PlainOf(_second.Outputs[0]));
        Assert.Equal("other", PlainOf(_first.Outputs[1]));
        Assert.Contains("newest", _heard);
    }

    [Fact]
    public void Clearing_may_wait_for_the_next_output()
    {
        var sink = _recorder.Begin(_first, 1);
        sink.Stream(StreamName.Stdout, "1");
        sink.ClearOutput(wait: true);
        Assert.Single(_first.Outputs);

        sink.Stream(StreamName.Stdout, "2");
        Assert.Equal("2", Assert.IsType<StreamOutput>(Assert.Single(_first.Outputs)).Text);

        sink.ClearOutput(wait: false);
        Assert.Empty(_first.Outputs);
    }

    [Fact]
    public void Results_errors_and_counts_are_those_of_the_cell()
    {
        var sink = _recorder.Begin(_first, 3);
        sink.Result(Plain("42"));
        sink.Error("Exception", "no", ["trace"]);
        _recorder.Save();

        var cell = Notebook.Load(_folder.File("a.ipynb")).Cells[0];
        Assert.Equal(3, cell.ExecutionCount);
        Assert.True(cell.Outputs[0] is DisplayOutput { IsResult: true, ExecutionCount: 3 });
        Assert.Equal("no", Assert.IsType<ErrorOutput>(cell.Outputs[1]).Message);
        NbFormat.ValidateAndRewrite(_folder.File("a.ipynb"));
    }

    [Fact]
    public async Task Saving_while_cells_print_from_other_threads_is_safe()
    {
        var sink = _recorder.Begin(_first, 1);
        var printing = Task.Run(
            () =>
            {
                for (int i = 0; i < 2000; i++)
                    sink.Stream(i % 2 == 0 ? StreamName.Stdout : StreamName.Stderr, "x");
            },
            TestContext.Current.CancellationToken
        );
        while (!printing.IsCompleted)
            _recorder.Save();
        await printing;
        _recorder.Save();

        Assert.Equal(2000, Notebook.Load(_folder.File("a.ipynb")).Cells[0].Outputs.Count);
    }
}
