using System.CommandLine;
using IResNet.Workbook.Projects;

namespace IResNet.Workbook.Commands;

/// <summary><c>iresnet new</c>: a project of one's own.</summary>
internal static class NewCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = "The project's folder, which is made." };
        name.Validators.Add(result =>
        {
            string given = Path.GetFileName(Path.TrimEndingDirectorySeparator(result.Tokens[0].Value));
            if (!given.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.') || !given.Any(char.IsLetterOrDigit))
                result.AddError($"\"{given}\": a project's name has letters, digits, '.', '-' and '_' only.");
        });
        var command = new Command("new", "Make a project: a notebook that trains on your own images, a run, a README.")
        {
            name,
        };
        command.SetAction((parsed, _) => Failures.Report(parsed, _ =>
                {
                    string folder = parsed.GetValue(name)!;
                    var output = parsed.InvocationConfiguration.Output;
                    foreach (string file in NewProject.Write(folder))
                        output.WriteLine($"  {file}");
                    output.WriteLine(
                        $"Put images into {Path.Combine(folder, "images")}; {folder}/README.md says the rest."
                    );
                    return Task.FromResult(0);
                }));
        return command;
    }
}
