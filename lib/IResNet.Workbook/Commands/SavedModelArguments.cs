using System.CommandLine;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Runs;

namespace IResNet.Workbook.Commands;

/// <summary>
/// How commands name a trained model: a run folder with a checkpoint, or a weights file with its experiment.
/// </summary>
internal sealed class SavedModelArguments
{
    private readonly Argument<string> _path = new("model")
    {
        Description = "A run folder, or a safetensors file of weights.",
    };

    private readonly Option<string> _checkpoint = new("--checkpoint")
    {
        Description = "Of a run folder: last, best or a step.",
        DefaultValueFactory = _ => "last",
    };

    private readonly Option<string> _device = new("--device")
    {
        Description = "cpu, cuda or cuda:1.",
        HelpName = "D",
        DefaultValueFactory = _ => "cpu",
    };

    private readonly ExperimentArguments _experiment;

    public SavedModelArguments(Command command)
    {
        command.Add(_path);
        command.Add(_checkpoint);
        command.Add(_device);
        _experiment = new ExperimentArguments(command, ExperimentArguments.Option);
    }

    /// <summary>The model, frozen.</summary>
    public SavedModel Open(ParseResult parsed)
    {
        NativeRuntime.Configure();
        return SavedModel.Open(
            parsed.GetValue(_path)!,
            parsed.GetValue(_checkpoint)!,
            present => Choose(parsed, present),
            parsed.GetValue(_device)!
        );
    }

    // A weights file may say nothing of its experiment; then the options must.
    private Experiment Choose(ParseResult parsed, Experiment? present) =>
        present is null && _experiment.NameIn(parsed) is null
            ? throw new ConfigurationException(
                $"{parsed.GetValue(_path)} does not say which experiment's model it is: give --experiment and "
                    + "--preset (and --set for what differs)."
            )
            : _experiment.Choose(parsed, present);
}
