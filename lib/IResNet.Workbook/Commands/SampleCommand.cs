using System.CommandLine;
using IResNet.Experiments.Data;
using IResNet.Experiments.Runs;

namespace IResNet.Workbook.Commands;

/// <summary><c>iresnet sample</c>: pictures of samples, or the samples themselves.</summary>
internal static class SampleCommand
{
    private static readonly Option<int> Count = new("--count")
    {
        Description = "How many samples.",
        DefaultValueFactory = _ => 64,
    };

    internal static readonly Option<double> Temperature = new("--temperature")
    {
        Description = "Scales the prior's standard deviation: less gives likelier samples.",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<int?> Class = new("--class")
    {
        Description = "Samples of this class alone, of a hybrid model. Default: of all.",
        HelpName = "N",
    };

    internal static readonly Option<ulong> SampleSeed = new("--sample-seed")
    {
        Description = "The seed of the samples.",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<string> Output = new("--output")
    {
        Description = "A .png for pictures, a .safetensors for the numbers.",
        HelpName = "FILE",
        DefaultValueFactory = _ => "samples.png",
    };

    public static Command Create()
    {
        var command = new Command("sample", "Draw samples from a trained density or hybrid model.")
        {
            Count,
            Temperature,
            Class,
            SampleSeed,
            Output,
        };
        var model = new SavedModelArguments(command);
        Count.Require(count => count is >= 1 and <= 100_000, "1 to 100000 are needed");
        Temperature.Require(temperature => temperature >= 0, "0 or more is needed");
        command.SetAction((parsed, _) => Failures.Report(parsed, _ => Task.FromResult(Sample(parsed, model))));
        return command;
    }

    private static int Sample(ParseResult parsed, SavedModelArguments arguments)
    {
        using var saved = arguments.Open(parsed);
        string path = parsed.GetValue(Output)!;
        saved.Experiment.SaveSamples(
            saved.Model,
            path,
            new(
                parsed.GetValue(Count),
                parsed.GetValue(Temperature),
                parsed.GetValue(SampleSeed),
                parsed.GetValue(Class)
            )
        );
        parsed.InvocationConfiguration.Output.WriteLine($"{parsed.GetValue(Count)} samples of {saved.Source}: {path}");
        return 0;
    }
}
