using System.CommandLine;
using System.Globalization;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Runs;
using Spectre.Console;

namespace IResNet.Workbook.Commands;

/// <summary><c>iresnet runs</c>: the run folders below a folder, with their states and last figures.</summary>
internal static class RunsCommand
{
    private const string DefaultRoot = "runs";

    private static readonly Argument<string> Root = new("folder")
    {
        Description = "Where to look, itself and two levels down.",
        DefaultValueFactory = _ => DefaultRoot,
    };

    public static Command Create()
    {
        var command = new Command("runs", "List run folders with state and last figures.") { Root };
        command.SetAction(
            (parsed, _) =>
                Failures.Report(parsed, _ =>
                    Task.FromResult(List(parsed.GetValue(Root)!, parsed.InvocationConfiguration.Output))
                )
        );
        return command;
    }

    private static int List(string root, TextWriter output)
    {
        if (root != DefaultRoot && !Directory.Exists(root))
            throw new RunFolderException($"There is no folder '{root}'.");
        var folders = RunFolder.Find(root);
        if (folders.Count == 0)
        {
            output.WriteLine($"There is no run in {root}.");
            return 0;
        }
        var table = new Table()
            .Border(TableBorder.Simple)
            .AddColumns("run", "experiment", "seed", "state", "step", "loss", "best", "test", "time");
        foreach (var folder in folders)
            table.AddRow([.. Row(root, folder).Select(Markup.Escape)]);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        // Without a terminal there is no width to keep to: lines stay whole for grep and cut.
        if (output != Console.Out || Console.IsOutputRedirected)
            console.Profile.Width = 250;
        console.Write(table);
        return 0;
    }

    private static string[] Row(string root, RunFolder folder)
    {
        string name = Path.GetRelativePath(root, folder.Path);
        if (name == ".") // the folder is a run itself
            name = Path.GetFileName(folder.Path);
        try
        {
            if (folder.Summary is not { } run)
                return
                [
                    name,
                    $"{folder.Experiment.Name} {folder.Experiment.Preset}",
                    "",
                    "prepared",
                    "",
                    "",
                    "",
                    "",
                    "",
                ];
            return
            [
                name,
                $"{run.Experiment} {run.Preset}",
                $"{run.Seed}",
                run.State.ToString().ToLowerInvariant(),
                $"{run.Step}{(run.TotalSteps is { } total ? $"/{total}" : "")}",
                Number(run.Loss),
                run.Best is { } best ? $"{Number(best.Value)} {best.Metric} at {best.Step}" : "",
                run.TestFigure is { } test
                    ? $"{Number(test.Value)} ± {Number((test.High - test.Low) / 2)} {test.Metric}"
                    : "",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{TimeSpan.FromSeconds(Math.Round(run.TrainingSeconds)):g}"
                ),
            ];
        }
        catch (Exception fault) when (fault is RunFolderException or ConfigurationException)
        {
            return [name, "", "", "damaged", fault.Message, "", "", "", ""];
        }
    }

    private static string Number(double? value) =>
        value is { } number ? number.ToString("F4", CultureInfo.InvariantCulture) : "";
}
