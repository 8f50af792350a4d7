using System.CommandLine;
using System.Globalization;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Training;

namespace IResNet.Workbook.Commands;

/// <summary><c>iresnet fit</c>: a hybrid's class Gaussians, fitted to the latents of its training images.</summary>
internal static class FitCommand
{
    private const string Note = "Class Gaussians fitted after the training.";

    private static readonly Argument<string> File = new("file") { Description = "The safetensors file to write." };

    public static Command Create()
    {
        var command = new Command(
            "fit",
            "Fit a hybrid's class Gaussians to the latents of its training images, and write the weights."
        );
        var model = new SavedModelArguments(command);
        command.Add(File);
        command.SetAction((parsed, _) => Failures.Report(parsed, cancel => Fit(parsed, model, cancel)));
        return command;
    }

    private static async Task<int> Fit(ParseResult parsed, SavedModelArguments arguments, CancellationToken cancel)
    {
        var output = parsed.InvocationConfiguration.Output;
        using var saved = arguments.Open(parsed);
        if (saved.Experiment is not HybridExperiment hybrid)
            throw new ConfigurationException(
                $"{saved.Experiment.Name} has no class Gaussians to fit: name a hybrid's run or weights."
            );
        var data = (await hybrid.LoadData(null, cancel))!;
        var (flow, preprocessing) = ((HybridFlow)saved.Model.Flow, hybrid.Data.Preprocessing.ForEvaluation());
        HybridEvaluation Evaluate() =>
            HybridEvaluator.Evaluate(
                flow,
                data.Test,
                preprocessing,
                hybrid.Training.EvaluationImages,
                seed: hybrid.Seed,
                cancel: cancel
            );
        string Line(string when, HybridEvaluation found) =>
            string.Create(CultureInfo.InvariantCulture, $"{when}: {found}");
        output.WriteLine(Line("before", Evaluate()));
        try
        {
            ClassGaussiansFit.Fit(flow, hybrid.Data.Split(data).Train, preprocessing, hybrid.Seed, cancel);
        }
        catch (ArgumentException fault)
        {
            throw ConfigurationException.Of(fault);
        }
        var after = Evaluate();
        output.WriteLine(Line("fitted", after));
        Exchange.Export(
            saved with
            {
                Experiment = hybrid with
                {
                    Note = hybrid.Note.EndsWith(Note, StringComparison.Ordinal)
                        ? hybrid.Note
                        : $"{hybrid.Note} {Note}".Trim(),
                },
                Summary = saved.Summary?.WithTest(after),
            },
            parsed.GetValue(File)!
        );
        return 0;
    }
}
