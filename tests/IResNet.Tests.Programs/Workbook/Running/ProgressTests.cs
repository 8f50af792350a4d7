using System.Text.RegularExpressions;
using IResNet.Workbook.Notebooks;
using IResNet.Workbook.Running;
using Xunit;
using static IResNet.Tests.Programs.Workbook.Running.NotebookFolder;

namespace IResNet.Tests.Programs.Workbook.Running;

public class ProgressTests
{
    [Fact]
    public void The_estimate_is_what_is_expected_and_the_median_of_the_other_cells()
    {
        var remaining = new RemainingTime(
            ["a", "b", "c", "d", "e"],
            new Dictionary<string, double> { ["d"] = 60, ["gone"] = 1000 }
        );
        Assert.Equal(60, remaining.From(0)!.Value.TotalSeconds);

        remaining.Measured(TimeSpan.FromSeconds(2));
        remaining.Measured(TimeSpan.FromSeconds(1));
        remaining.Measured(TimeSpan.FromSeconds(9));
        Assert.Equal(60 + 2, remaining.From(3)!.Value.TotalSeconds);
        Assert.Equal(2, remaining.From(4)!.Value.TotalSeconds);

        Assert.Null(new RemainingTime(["a"], new Dictionary<string, double>()).From(0));
    }

    [Theory]
    [InlineData(0.42, "0.42 s")]
    [InlineData(12.34, "12.3 s")]
    [InlineData(125, "2:05")]
    [InlineData(3725, "1:02:05")]
    [InlineData(90061, "25:01:01")]
    public void Durations_are_written_short(double seconds, string text) =>
        Assert.Equal(text, Durations.Text(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData("90", 90)]
    [InlineData("2.5s", 2.5)]
    [InlineData("15m", 900)]
    [InlineData("1.5h", 5400)]
    public void Durations_are_read(string text, double seconds) =>
        Assert.Equal(seconds, Durations.Parse(text).TotalSeconds);

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-1s")]
    [InlineData("5d")]
    [InlineData("NaN")]
    [InlineData("soon")]
    public void Other_texts_are_no_durations(string text) =>
        Assert.Throws<FormatException>(() => Durations.Parse(text));

    [Fact]
    public void A_cells_label_is_its_comment_or_its_heading_and_first_line()
    {
        Cell[] cells =
        [
            Code("a", "\nTrain();"),
            Text("t", "# Title\ntext\n## Part\n"),
            Code("b", "// Train it\nTrain();"),
            Code("c", "Train();"),
            Code("d", new string('x', 200)),
        ];
        var notebook = new Notebook();
        notebook.Cells.AddRange(cells);

        var labels = CellLabels.Of(notebook);

        Assert.Equal(
            ["Train();", "Train it", "Part: Train();"],
            new[] { cells[0], cells[2], cells[3] }.Select(cell => labels[cell])
        );
        Assert.Equal(60, labels[cells[4]].Length);
    }

    [Fact]
    public void Plain_progress_tells_the_cell_what_it_printed_and_how_it_failed()
    {
        var console = new StringWriter();
        using (var progress = new PlainProgress(console))
        {
            progress.CellStarted(3, 12, "Train", TimeSpan.FromMinutes(2));
            progress.Hear("epoch 1\nepoch 2\u001b[0m\n\n");
            progress.CellEnded(["why"]);
        }

        Assert.Matches(
            @"^\[ 3/12\] Train  \(\d+\.\d\d s, about \d:\d\d left\)\r?\n +epoch 2\r?\n"
                + @" +failed after \d+\.\d\d s\r?\n +why\r?\n$",
            console.ToString()
        );
    }

    [Fact(Timeout = 10_000)]
    public async Task Terminal_progress_keeps_a_line_for_each_cell_and_shows_text_as_it_is()
    {
        var console = new StringWriter();
        await Task.Run(
            () =>
            {
                using var progress = new TerminalProgress(console);
                progress.CellStarted(1, 2, "first [bold]", null);
                progress.Hear("[red]");
                progress.CellEnded([]);
                progress.CellStarted(2, 2, "second", null);
                progress.CellEnded(["why"]);
            },
            TestContext.Current.CancellationToken
        );

        // Whether there are colours depends on the environment.
        string text = Regex.Replace(console.ToString(), @"\x1b\[[0-9;?]*[A-Za-z]", "");
        Assert.Matches(@"(?s)✓ \[1/2\] first \[bold\] \d+\.\d\d s.*✗ \[2/2\] second \d+\.\d\d s.*why", text);
    }
}
