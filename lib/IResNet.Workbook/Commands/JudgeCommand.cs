using System.CommandLine;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Runs;

namespace IResNet.Workbook.Commands;

/// <summary><c>iresnet judge</c>: what a classifier that was trained apart makes of a model's samples.</summary>
internal static class JudgeCommand
{
    private static readonly Argument<string> Judge = new("classifier")
    {
        Description = "The classifier that judges: a run folder, or a safetensors file that names its experiment.",
    };

    private static readonly Option<int> Count = new("--count")
    {
        Description = "How many samples; of a hybrid as many of each class.",
        DefaultValueFactory = _ => 1000,
    };

    public static Command Create()
    {
        var command = new Command(
            "judge",
            "Judge samples of a density or hybrid model by a classifier: how many it is sure of, and finds right."
        );
        var model = new SavedModelArguments(command);
        command.Add(Judge);
        command.Add(Count);
        command.Add(SampleCommand.Temperature);
        command.Add(SampleCommand.SampleSeed);
        Count.Require(count => count is >= 1 and <= 100_000, "1 to 100000 are needed");
        command.SetAction((parsed, _) => Failures.Report(parsed, cancel => Run(parsed, model, cancel)));
        return command;
    }

    private static async Task<int> Run(ParseResult parsed, SavedModelArguments arguments, CancellationToken cancel)
    {
        var output = parsed.InvocationConfiguration.Output;
        using var model = arguments.Open(parsed);
        using var judge = SavedModel.Open(parsed.GetValue(Judge)!);
        var settings = new SampleSettings(
            parsed.GetValue(Count),
            parsed.GetValue(SampleCommand.Temperature),
            parsed.GetValue(SampleCommand.SampleSeed)
        );
        // Before the data, which may have to be fetched.
        SampleJudgement.Demand(model, judge);
        var data = await judge.Experiment.LoadData(null, cancel);
        output.WriteLine($"{model.Source}, judged by {judge.Source}");
        output.WriteLine(SampleJudgement.Of(model, judge, settings, data!.Test, cancel));
        return 0;
    }
}
