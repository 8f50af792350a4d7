using System.CommandLine;
using System.Diagnostics;
using IResNet.Experiments.Data;
using IResNet.Experiments.Data.Fetching;

namespace IResNet.Workbook.Commands;

/// <summary><c>iresnet data [NAME]</c>: fetches a data set; without a name it lists what is there.</summary>
internal static class DataCommand
{
    private static readonly Option<string?> From = new("--from")
    {
        Description = "An archive (.tar.gz, .tar.xz, .tar), folder or file that you have, instead of the network.",
        HelpName = "FILE|FOLDER",
    };

    private static readonly Option<string?> Folder = new("--folder")
    {
        Description =
            $"The folder of the data sets (default: the variable {DataFolder.Variable}, else a folder of the user).",
        HelpName = "DIR",
    };

    private static readonly Option<bool> Force = new("--force")
    {
        Description = "Fetch again, and replace what is there.",
    };

    public static Command Create()
    {
        var name = new Argument<string?>("NAME")
        {
            Description = "The data set, or folder:PATH for a folder of images; without it, what is there is listed.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        name.Choices(ImageFolder.IsNamed, [.. DataSets.Names]);
        var command = new Command("data", "Fetch and check a data set.") { name, From, Folder, Force };
        command.SetAction(
            (parsed, _) =>
                Failures.Report(
                    parsed,
                    cancel =>
                        parsed.GetValue(name) is { } chosen
                            ? Run(chosen, parsed, cancel)
                            : Task.FromResult(List(parsed.GetValue(Folder), parsed.InvocationConfiguration.Output))
                )
        );
        return command;
    }

    private static async Task<int> Run(string name, ParseResult parsed, CancellationToken cancel)
    {
        var (output, errors) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        var progress = new ConsoleProgress(output);
        var options = new DataOptions
        {
            From = parsed.GetValue(From),
            Folder = parsed.GetValue(Folder),
            Force = parsed.GetValue(Force),
            Progress = progress,
        };
        long start = Stopwatch.GetTimestamp();
        try
        {
            var set = await DataSets.Load(name, options, cancel);
            progress.Done();
            output.WriteLine(set);
            if (ImageFolder.IsNamed(name))
                return 0;
            var folder = new DataFolder(options.Folder ?? DataFolder.DefaultRoot);
            var data = Catalogue.Find(name);
            output.WriteLine(
                $"in {folder.Of(data)}, from {folder.Find(data)?.Source}; "
                    + $"{Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s"
            );
            return 0;
        }
        catch (OperationCanceledException)
        {
            progress.Done();
            errors.WriteLine("Stopped. What had arrived is kept: run again to continue.");
        }
        catch (DataSetException e)
        {
            progress.Done();
            errors.WriteLine(e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            progress.Done();
            errors.WriteLine(
                $"{e.Message.TrimEnd('.')}. Another data folder is chosen with --folder or {DataFolder.Variable}."
            );
        }
        return 1;
    }

    private static int List(string? root, TextWriter output)
    {
        var folder = new DataFolder(root ?? DataFolder.DefaultRoot);
        output.WriteLine($"Data folder: {folder.Root}");
        foreach (var data in Catalogue.All)
        {
            string state;
            try
            {
                state = folder.Find(data) is { } found ? $"{found.Name}, from {found.Source}" : "not there";
            }
            catch (DataFormatException e)
            {
                state = e.Message;
            }
            output.WriteLine($"  {data.Name,-14} {state}");
        }
        output.WriteLine($"  {ImageFolder.Prefix + "PATH",-14} images of your own, a folder per class");
        return 0;
    }
}
