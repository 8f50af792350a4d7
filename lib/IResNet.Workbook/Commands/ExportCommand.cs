using System.CommandLine;
using IResNet.Experiments.Runs;

namespace IResNet.Workbook.Commands;

/// <summary><c>iresnet export</c>: weights under the official code's names, for PyTorch.</summary>
internal static class ExportCommand
{
    private static readonly Argument<string> File = new("file") { Description = "The safetensors file to write." };

    private static readonly Option<bool> Compact = new("--compact")
    {
        Description =
            "Leave out the vectors of power iteration, which are found anew on opening; for models that the official "
            + "code does not have.",
    };

    public static Command Create()
    {
        var command = new Command(
            "export",
            "Write a trained model's weights under the official code's names, as safetensors."
        );
        var model = new SavedModelArguments(command);
        command.Add(File);
        command.Add(Compact);
        command.SetAction((parsed, _) => Failures.Report(parsed, _ =>
                {
                    using var saved = model.Open(parsed);
                    Exchange.Export(saved, parsed.GetValue(File)!, parsed.GetValue(Compact));
                    parsed.InvocationConfiguration.Output.WriteLine(
                        $"{saved.Experiment.Name}, {saved.Source}: {parsed.GetValue(File)}"
                    );
                    return Task.FromResult(0);
                }));
        return command;
    }
}
