using System.CommandLine;
using System.Globalization;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Data;
using IResNet.Experiments.Distributed;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Sweeps;
using IResNet.Experiments.Training;
using Spectre.Console;

namespace IResNet.Workbook.Commands;

/// <summary><c>iresnet train</c>: makes or continues a run in a run folder.</summary>
internal static class TrainCommand
{
    private static readonly Option<string?> Run = new("--run")
    {
        Description = "The run folder. Default: a new one in ./runs.",
        HelpName = "DIR",
    };

    private static readonly Option<bool> Resume = new("--resume")
    {
        Description = "Continue what is in the run folder; begin if nothing is.",
    };

    private static readonly Option<string> Device = new("--device")
    {
        Description = "cpu, cuda or cuda:1.",
        HelpName = "D",
        DefaultValueFactory = _ => "cpu",
    };

    private static readonly Option<int?> Threads = new("--threads")
    {
        Description = "Threads of libtorch's operations. A run is the same to the bit with the same number only.",
        HelpName = "N",
    };

    private static readonly Option<bool> ShowConfig = new("--show-config")
    {
        Description = "Print the configuration with all keys and values, and do nothing.",
    };

    public static Command Create()
    {
        var command = new Command("train", "Train an experiment; or continue one, exactly.")
        {
            Run,
            Resume,
            Device,
            Threads,
            ShowConfig,
        };
        var experiment = new ExperimentArguments(command, ExperimentArguments.Argument);
        Threads.Require(threads => threads >= 1, "1 or more are needed");
        command.SetAction(
            (parsed, _) => Failures.Report(parsed, cancel => Train(parsed, experiment, cancel), saves: true)
        );
        return command;
    }

    private static async Task<int> Train(ParseResult parsed, ExperimentArguments arguments, CancellationToken cancel)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(ShowConfig))
        {
            output.Write(ExperimentJson.Write(arguments.Choose(parsed, null)));
            return 0;
        }
        NativeRuntime.Configure(parsed.GetValue(Threads));

        var ranks = Ranks.Start();
        var options = new TrainingRunOptions
        {
            Resume = parsed.GetValue(Resume),
            Device = parsed.GetValue(Device)!,
            Ranks = ranks,
        };
        try
        {
            int code = ranks.IsFirst
                ? await Lead(parsed, arguments, options, cancel)
                : Convert.ToInt32(!await TrainingRun.Follow(options, cancel));
            ranks.Finish();
            return code;
        }
        catch (Exception fault) when (ranks.Count > 1)
        {
            // The others would wait for this one for ever.
            string who = ranks.IsFirst ? "" : $"rank {ranks.Rank}: ";
            parsed.InvocationConfiguration.Error.WriteLine(who + fault.Message);
            ranks.Abort(1);
            throw;
        }
    }

    private static async Task<int> Lead(
        ParseResult parsed,
        ExperimentArguments arguments,
        TrainingRunOptions options,
        CancellationToken cancel
    )
    {
        var output = parsed.InvocationConfiguration.Output;
        string folder = parsed.GetValue(Run) ?? NewFolder(arguments.Choose(parsed, null));
        output.WriteLine($"run folder: {folder}");
        using var screen = TrainingScreen.For(output);
        RunSummary? summary = null;
        try
        {
            summary = await TrainingRun.Train(
                folder,
                present => arguments.Choose(parsed, present),
                options,
                screen.Sink,
                cancel
            );
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested && options.Ranks.Count == 1) { }
        screen.Dispose();
        if (summary is null or { State: RunState.Interrupted })
        {
            output.WriteLine(
                (summary is { Step: > 0 } ? $"Stopped after step {summary.Step}; a checkpoint was saved." : "Stopped.")
                    + $" Continue with: iresnet train --run {ShellWord.Quote(folder)} --resume"
            );
            return 1;
        }
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{summary.Step} steps in {summary.TrainingSeconds:F1} s of training, {summary.WallSeconds:F1} s in all"
            )
        );
        output.WriteLine($"test: {summary.Test}");
        output.WriteLine($"weights: sha256 {summary.Weights}");
        return 0;
    }

    private static string NewFolder(Experiment experiment) =>
        Path.Combine(
            "runs",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{experiment.Name}-{experiment.Preset}-{DateTime.Now:yyyyMMdd-HHmmss}"
            )
        );
}
