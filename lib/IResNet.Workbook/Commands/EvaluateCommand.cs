using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Data;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Training;

namespace IResNet.Workbook.Commands;

/// <summary><c>iresnet evaluate</c>: the held-out figure of a trained model, densities to a stated error.</summary>
internal static class EvaluateCommand
{
    private static readonly Option<double> Error = new("--error")
    {
        Description =
            "For densities: how far truncation and probes together may move the figure, in bits/dim. The "
            + "paper: 0.0002.",
        DefaultValueFactory = _ => EvaluationSettings.UsualError,
    };

    private static readonly Option<int?> Images = new("--images")
    {
        Description = "The first so many test images. Default: all.",
    };

    public static Command Create()
    {
        var command = new Command("evaluate", "Evaluate a trained model on the test examples, to a stated error.")
        {
            Error,
            Images,
        };
        var model = new SavedModelArguments(command);
        Error.Require(error => error > 0, "more than 0 is needed");
        Images.Require(images => images >= 2, "2 or more are needed");
        command.SetAction((parsed, _) => Failures.Report(parsed, cancel => Evaluate(parsed, model, cancel)));
        return command;
    }

    private static async Task<int> Evaluate(ParseResult parsed, SavedModelArguments arguments, CancellationToken cancel)
    {
        var output = parsed.InvocationConfiguration.Output;
        using var saved = arguments.Open(parsed);
        output.WriteLine($"{saved.Experiment.Name}, {saved.Source}");
        long start = Stopwatch.GetTimestamp();
        var result = await ModelEvaluation.Evaluate(
            saved,
            parsed.GetValue(Error),
            parsed.GetValue(Images),
            output.WriteLine,
            cancel: cancel
        );
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{result}  ({Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s)"
            )
        );
        return 0;
    }
}
