using System.Diagnostics;
using IResNet.Tests.Programs.Workbook.Notebooks;
using IResNet.Workbook.Notebooks;
using IResNet.Workbook.Running;
using Xunit;
using static IResNet.Tests.Programs.Workbook.Running.NotebookFolder;

namespace IResNet.Tests.Programs.Workbook.Running;

/// <summary><c>iresnet run</c> as a user runs it: processes, signals, exit codes and files.</summary>
public sealed class RunCommandTests : IDisposable
{
    private const string WriteProcessId =
        "File.WriteAllText(\"pid.tmp\", $\"{Environment.ProcessId}\"); File.Move(\"pid.tmp\", \"pid\");";

    private readonly NotebookFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    private async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        using var command = new CommandLine(_folder.Path, ["run", .. arguments]);
        return await command.EndAsync(Cancellation);
    }

    /// <summary>The id of the worker, once its cell has written it.</summary>
    private async Task<int> WorkerAsync()
    {
        var clock = Stopwatch.StartNew();
        while (!File.Exists(_folder.File("pid")))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), "The cell did not start.");
            await Task.Delay(20, Cancellation);
        }

        return int.Parse(await File.ReadAllTextAsync(_folder.File("pid"), Cancellation));
    }

    private Notebook Output(string name) => Notebook.Load(_folder.File("out", name + ".ipynb"));

    [Fact]
    public async Task Without_arguments_all_notebooks_run_in_their_own_folder_and_pages_are_written()
    {
        Directory.CreateDirectory(_folder.File("notebooks"));
        _folder.Notebook(
            "notebooks/00-a.ipynb",
            Text("t", "# Title of a\n\nIts claim."),
            Code("c", "File.WriteAllText(\"here\", \"\"); Console.WriteLine(\"printed\");"),
            Code("thread", "new Thread(() => Thread.Sleep(Timeout.Infinite)).Start();")
        );

        var (code, output) = await RunAsync();

        Assert.True(code == 0, output);
        Assert.Contains("[1/2]", output);
        Assert.Contains("printed", output);
        Assert.Contains("passed", output);
        Assert.True(File.Exists(_folder.File("notebooks", "here")));
        Assert.True(File.Exists(_folder.File("out", "00-a.html")));
        Assert.True(File.Exists(_folder.File("out", "assets", "plotly.min.js")));
        Assert.Contains("Title of a", await File.ReadAllTextAsync(_folder.File("out", "index.html"), Cancellation));
        NbFormat.ValidateAndRewrite(_folder.File("out", "00-a.ipynb"));
    }

    [Fact]
    public async Task A_failure_ends_with_1_and_keep_going_runs_the_later_notebooks_too()
    {
        _folder.Notebook("a.ipynb", Code("c", "throw new InvalidOperationException(\"because\");"));
        _folder.Notebook("b.ipynb", Code("c", "Console.WriteLine($\"b ran\");"));

        var (code, output) = await RunAsync("a.ipynb", "b.ipynb");
        Assert.Equal(1, code);
        Assert.Contains("cell [1], line 1: InvalidOperationException: because", output);
        Assert.Matches(@"not run +b", output);
        Assert.False(File.Exists(_folder.File("out", "b.ipynb")));

        (code, output) = await RunAsync("a.ipynb", "b.ipynb", "--keep-going", "--jobs", "2");
        Assert.Equal(1, code);
        Assert.Contains("b | ", output);
        Assert.Matches(@"passed +b", output);
    }

    [Theory]
    [InlineData("no notebook or folder", "none.ipynb")]
    [InlineData("Did you mean 'steps'?", "a.ipynb", "-p", "step=1")]
    [InlineData("write -p name=value", "a.ipynb", "-p", "steps")]
    [InlineData("not a time", "a.ipynb", "--timeout", "soon")]
    [InlineData("--jobs \"0\": 1 or more", "a.ipynb", "--jobs", "0")]
    [InlineData("huge", "a.ipynb", "--preset", "huge")]
    public async Task What_cannot_be_done_is_refused_with_a_word(string word, params string[] arguments)
    {
        _folder.Notebook("a.ipynb", Code("p", "int steps = 1;", "parameters"));

        var (code, output) = await RunAsync(arguments);

        Assert.Equal(1, code);
        Assert.Contains(word, output);
        Assert.DoesNotContain("   at ", output);
        Assert.False(Directory.Exists(_folder.Out));
    }

    [Fact]
    public async Task A_killed_process_loses_only_the_cell_that_ran()
    {
        _folder.Notebook(
            "a.ipynb",
            Code("one", "Console.WriteLine(\"kept\");"),
            Code("two", WriteProcessId + "Thread.Sleep(200000);"),
            Code("three", "3")
        );
        using var command = new CommandLine(_folder.Path, "run", "a.ipynb");
        using (var worker = Process.GetProcessById(await WorkerAsync()))
        {
            Assert.NotEqual(command.Id, worker.Id);
            worker.Kill();
        }

        var (code, output) = await command.EndAsync(Cancellation);

        Assert.Equal(1, code);
        Assert.Contains("cell [2] ended the process", output);
        Assert.Equal("kept\n", Assert.IsType<StreamOutput>(Assert.Single(Output("a").Cells[0].Outputs)).Text);
        Assert.Equal("ProcessEnded", Assert.IsType<ErrorOutput>(Assert.Single(Output("a").Cells[1].Outputs)).Name);
        Assert.Equal(RunStatus.Crashed, RunRecord.Load(_folder.File("out", "a.ipynb"))!.Status);
        Assert.Contains(
            "ended the process",
            await File.ReadAllTextAsync(_folder.File("out", "index.html"), Cancellation)
        );
    }

    [Fact]
    public async Task Ctrl_C_stops_the_cell_keeps_what_there_is_and_ends_with_130()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals are sent with kill.");
        _folder.Notebook(
            "a.ipynb",
            Code("one", "1"),
            Code("two", "Console.WriteLine(\"begun\");" + WriteProcessId + "Thread.Sleep(200000);")
        );
        _folder.Notebook("b.ipynb", Code("one", "1"));
        using var command = new CommandLine(_folder.Path, "run", "a.ipynb", "b.ipynb", "--keep-going");
        await WorkerAsync();
        Process.Start("kill", ["-INT", command.Id.ToString()]).Dispose();

        var (code, output) = await command.EndAsync(Cancellation);

        Assert.True(code == 130, output);
        Assert.Equal("begun\n", Assert.IsType<StreamOutput>(Output("a").Cells[1].Outputs[0]).Text);
        Assert.Equal(RunStatus.Interrupted, RunRecord.Load(_folder.File("out", "a.ipynb"))!.Status);
        Assert.False(File.Exists(_folder.File("out", "b.ipynb")));
    }

    [Fact]
    public async Task A_worker_does_not_outlive_its_parent()
    {
        _folder.Notebook("a.ipynb", Code("one", WriteProcessId + "Thread.Sleep(200000);"));
        using var command = new CommandLine(_folder.Path, "run", "a.ipynb");
        using var worker = Process.GetProcessById(await WorkerAsync());
        Process.GetProcessById(command.Id).Kill();

        await worker.WaitForExitAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(60), Cancellation);

        Assert.Equal(RunStatus.Interrupted, RunRecord.Load(_folder.File("out", "a.ipynb"))!.Status);
    }
}
