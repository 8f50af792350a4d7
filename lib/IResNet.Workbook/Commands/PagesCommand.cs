using System.CommandLine;
using IResNet.Workbook.Html;
using IResNet.Workbook.Notebooks;
using IResNet.Workbook.Running;

namespace IResNet.Workbook.Commands;

/// <summary>
/// <c>iresnet pages</c>: pages of notebooks that were executed before, an overview, and their best figures as a part of
/// a documentation page.
/// </summary>
internal static class PagesCommand
{
    private static readonly Argument<string[]> Notebooks = new("notebook")
    {
        Description = "Executed notebooks, or folders of them. None: all in ./notebooks, in order.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string> Output = new("--output")
    {
        Description = "The folder for the pages.",
        DefaultValueFactory = _ => "pages",
    };

    public static Command Create()
    {
        var command = new Command("pages", "Write pages of executed notebooks and their figures, without running them.")
        {
            Notebooks,
            Output,
        };
        command.SetAction(parsed =>
        {
            try
            {
                Write(parsed.GetValue(Notebooks)!, parsed.GetValue(Output)!);
                return 0;
            }
            catch (Exception e)
                when (e is UsageException or NotebookFormatException or IOException or UnauthorizedAccessException)
            {
                parsed.InvocationConfiguration.Error.WriteLine(e.Message);
                return 1;
            }
        });
        return command;
    }

    private static void Write(string[] paths, string folder)
    {
        var notebooks = NotebookJob
            .Plan(paths, folder, null, new Dictionary<string, string>(), null)
            .Select(job => job.Notebook)
            .ToList();
        Directory.CreateDirectory(folder);
        foreach (string path in notebooks)
        {
            string copy = Path.GetFullPath(Path.Combine(folder, Path.GetFileName(path)));
            File.Copy(path, copy, overwrite: true);
            var links = new LinkResolver(Path.GetDirectoryName(path)!, Path.GetFullPath(folder));
            AtomicFile.WriteAllText(
                Path.ChangeExtension(copy, ".html"),
                NotebookPage.Create(Notebook.Load(path), copy, record: null, links)
            );
        }
        Gallery.Write(folder);
        BestFigures.Write(notebooks, folder);
    }
}
