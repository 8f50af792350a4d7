using System.CommandLine;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Runs;

namespace IResNet.Workbook.Commands;

/// <summary><c>iresnet import</c>: a run folder from a weights file, to sample, evaluate and train on.</summary>
internal static class ImportCommand
{
    private static readonly Argument<string> File = new("file")
    {
        Description = "An official state_dict saved as safetensors, or a file written by export.",
    };

    private static readonly Option<string> Run = new("--run")
    {
        Description = "The run folder to make.",
        HelpName = "DIR",
        Required = true,
    };

    public static Command Create()
    {
        var command = new Command("import", "Make a run folder from a weights file.") { File, Run };
        var experiment = new ExperimentArguments(command, ExperimentArguments.Option);
        command.SetAction((parsed, _) => Failures.Report(parsed, _ =>
                {
                    Exchange.Import(parsed.GetValue(File)!, parsed.GetValue(Run)!, present =>
                        Choose(parsed, experiment, present)
                    );
                    parsed.InvocationConfiguration.Output.WriteLine(
                        $"{parsed.GetValue(Run)} goes on from {parsed.GetValue(File)}: iresnet train --run "
                            + $"{parsed.GetValue(Run)} --resume"
                    );
                    return Task.FromResult(0);
                }));
        return command;
    }

    // A density may begin a hybrid; nothing else may go on as another experiment.
    private static Experiment Choose(ParseResult parsed, ExperimentArguments arguments, Experiment? present) =>
        present is DensityExperiment
        && arguments.NameIn(parsed) is not null
        && arguments.Choose(parsed, null) is HybridExperiment hybrid
            ? hybrid
            : arguments.Choose(parsed, present);
}
