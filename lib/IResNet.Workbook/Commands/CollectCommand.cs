using System.CommandLine;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Sweeps;

namespace IResNet.Workbook.Commands;

/// <summary><c>iresnet collect</c>: the results of a sweep, or of any runs, in one table.</summary>
internal static class CollectCommand
{
    private static readonly Argument<string[]> Roots = new("folder")
    {
        Description = "Folders of runs.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string?> Output = new("--output")
    {
        Description =
            "A .csv with a row per run, or a .md with a row per combination of values. Default: the latter, printed.",
        HelpName = "FILE",
    };

    public static Command Create()
    {
        var command = new Command("collect", "Put the results of many runs into one table.") { Roots, Output };
        command.SetAction((parsed, _) => Failures.Report(parsed, _ => Task.FromResult(Collect(parsed))));
        return command;
    }

    private static int Collect(ParseResult parsed)
    {
        var output = parsed.InvocationConfiguration.Output;
        var folders = parsed.GetValue(Roots)!.SelectMany(RunFolder.Find).ToList();
        if (folders.Count == 0)
            throw new RunFolderException($"There is no run in {string.Join(", ", parsed.GetValue(Roots)!)}.");
        var table = ResultTable.Of(folders);
        if (parsed.GetValue(Output) is not { } file)
        {
            output.Write(table.ToMarkdown());
            return 0;
        }
        string text = Path.GetExtension(file) switch
        {
            ".csv" => table.ToCsv(),
            ".md" => table.ToMarkdown(),
            _ => throw new ConfigurationException($"'{file}': choose a name that ends in .csv or .md."),
        };
        AtomicFile.WriteAllText(file, text);
        output.WriteLine($"{folders.Count} runs: {file}");
        return 0;
    }
}
