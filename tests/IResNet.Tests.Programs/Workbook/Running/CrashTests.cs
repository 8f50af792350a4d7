using IResNet.Workbook.Notebooks;
using Xunit;
using static IResNet.Tests.Programs.Workbook.Running.NotebookFolder;

namespace IResNet.Tests.Programs.Workbook.Running;

/// <summary>A cell that ends its process: what it had shown stays, and how it ended is said.</summary>
public sealed class CrashTests : IDisposable
{
    private readonly NotebookFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("Environment.Exit(3);", "exit code 3")]
    [InlineData("Environment.FailFast(\"enough\");", "signal 6")]
    [InlineData("int Deep(int n) => n + Deep(n + 1); Deep(0)", "ran out of stack")]
    public async Task What_was_shown_before_is_in_the_notebook(string end, string word)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals have numbers elsewhere.");
        _folder.Notebook(
            "a.ipynb",
            Code("first", "var d = display(\"first\");"),
            Code(
                "c",
                "Console.WriteLine(\"to be\");\nclear_output();\nConsole.Write(\"before 😀\");\n"
                    + "Console.Error.Write(\"also\");\nvar shown = display(1);\nshown.Update(2);\n"
                    + end
            )
        );
        using var command = new CommandLine(_folder.Path, "run", "a.ipynb");

        var (code, output) = await command.EndAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, code);
        Assert.Contains(word, output);
        var outputs = Notebook.Load(_folder.File("out", "a.ipynb")).Cells[1].Outputs;
        Assert.Equal(
            ["stdout:before 😀", "stderr:also", "2", "ProcessEnded"],
            outputs.Select(o =>
                o switch
                {
                    StreamOutput stream => $"{stream.Name}:{stream.Text}",
                    DisplayOutput display => display.Text("text/plain"),
                    ErrorOutput error => error.Name,
                    _ => "",
                }
            )
        );
        Assert.Empty(Directory.GetFiles(_folder.Out, "*.journal"));
    }

    [Fact]
    public async Task Console_left_redirected_does_not_mute_later_cells()
    {
        _folder.Notebook(
            "a.ipynb",
            Code(
                "one",
                "Console.SetOut(new StringWriter()); Console.SetError(TextWriter.Null); "
                    + "Console.SetIn(new StringReader(\"x\")); throw new Exception();",
                "raises-exception"
            ),
            Code(
                "two",
                "Console.WriteLine(\"out\"); Console.Error.WriteLine(\"err\"); "
                    + "Console.WriteLine(Console.ReadLine() ?? \"none\");"
            )
        );
        using var command = new CommandLine(_folder.Path, "run", "a.ipynb");

        var (code, output) = await command.EndAsync(TestContext.Current.CancellationToken);

        Assert.True(code == 0, output);
        var cells = Notebook.Load(_folder.File("out", "a.ipynb")).Cells;
        Assert.Equal(["out\n", "err\n", "none\n"], cells[1].Outputs.Cast<StreamOutput>().Select(o => o.Text));
        Assert.Contains(cells[0].Outputs.OfType<StreamOutput>(), o => o.Text.Contains("Console.Out redirected"));
    }

    [Fact]
    public async Task Cells_have_cultures_and_the_program_none()
    {
        _folder.Notebook(
            "a.ipynb",
            Code("p", "double rate = 0.5;", "parameters"),
            Code(
                "one",
                "var german = System.Globalization.CultureInfo.GetCultureInfo(\"de-DE\");\n"
                    + "System.Globalization.CultureInfo.CurrentCulture = german;\n"
                    + "System.Globalization.CultureInfo.DefaultThreadCurrentCulture = german;\n"
                    + "Console.WriteLine(1234.5.ToString(\"N1\") + \" \" + \"e\\u0301\".Normalize().Length + \" \" "
                    + "+ string.Join(\"\", new[] { \"b\", \"A\", \"a\", \"B\" }.Order()));\n"
                    + "display((0.5, rate)); display(new[] { 0.25 }); 1.5"
            ),
            Code("two", "#!time\nThread.Sleep(1); 2.5")
        );
        using var command = new CommandLine(_folder.Path, "run", "a.ipynb", "-p", "rate=0.75");

        var (code, output) = await command.EndAsync(TestContext.Current.CancellationToken);

        Assert.True(code == 0, output);
        Assert.DoesNotMatch(@"\d,\d+ s\b", output);
        var cells = Notebook.Load(_folder.File("out", "a.ipynb")).Cells;
        var one = cells.Single(c => c.Id == "one").Outputs;
        string text = Assert.IsType<StreamOutput>(one[0]).Text;
        Assert.SkipWhen(text == "1,234.5 2 ABab\n", "This machine has no ICU.");
        Assert.Equal("1.234,5 1 aAbB\n", text);
        Assert.Equal(
            ["Item1  Item2\n0.5    0.75", "[0.25]", "1.5"],
            one.Skip(1).Cast<DisplayOutput>().Select(o => o.Text("text/plain"))
        );
        var two = cells.Single(c => c.Id == "two").Outputs;
        Assert.Matches(@"^Wall time: \d+\.\d ms\n$", Assert.IsType<StreamOutput>(two[0]).Text);
        Assert.Equal("2.5", Assert.IsType<DisplayOutput>(two[1]).Text("text/plain"));
    }

    [Fact]
    public async Task Without_ICU_the_program_starts_and_says_so()
    {
        using var command = new CommandLine(
            _folder.Path,
            new Dictionary<string, string> { ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1" },
            "doctor"
        );

        var (_, output) = await command.EndAsync(TestContext.Current.CancellationToken);

        Assert.Contains("cells have the invariant one only", output);
    }
}
