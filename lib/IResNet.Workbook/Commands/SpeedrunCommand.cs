using System.CommandLine;
using System.Globalization;
using IResNet.Experiments.Speedruns;

namespace IResNet.Workbook.Commands;

/// <summary><c>iresnet speedrun</c>: trains to a stated figure, and prints the line of a record.</summary>
internal static class SpeedrunCommand
{
    private static readonly Argument<string?> Track = new("track")
    {
        Description = "The track; without one they are listed.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<ulong> Seed = new("--seed")
    {
        Description = "The seed of everything random.",
        HelpName = "S",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<int?> Threads = new("--threads")
    {
        Description = "Threads of libtorch's operations. Default: one for each core.",
        HelpName = "N",
    };

    private static readonly Option<string?> Folder = new("--run")
    {
        Description = "The run folder, which is the log. Default: a new one in ./runs.",
        HelpName = "DIR",
    };

    public static Command Create()
    {
        var command = new Command("speedrun", "Train from scratch to a stated figure, and print the line of a record.")
        {
            Track,
            Seed,
            Threads,
            Folder,
        };
        Threads.Require(threads => threads >= 1, "1 or more are needed");
        command.SetAction((parsed, _) => Failures.Report(parsed, cancel => Run(parsed, cancel), saves: true));
        return command;
    }

    private static async Task<int> Run(ParseResult parsed, CancellationToken cancel)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(Track) is not { } name)
        {
            foreach (var known in SpeedrunTracks.All)
                output.WriteLine($"{known.Name,-20} {known.Goal}");
            return 0;
        }
        var track = SpeedrunTracks.Find(name);
        NativeRuntime.Configure(parsed.GetValue(Threads));
        string folder =
            parsed.GetValue(Folder)
            ?? Path.Combine(
                "runs",
                string.Create(CultureInfo.InvariantCulture, $"speedrun-{name}-{DateTime.Now:yyyyMMdd-HHmmss}")
            );
        output.WriteLine($"{track.Goal}; run folder: {folder}");
        using var screen = TrainingScreen.For(output);
        var record = await Speedrun.Run(
            track,
            parsed.GetValue(Seed),
            folder,
            screen.Sink,
            text =>
            {
                // The training is over, and so is its bar.
                screen.Dispose();
                output.WriteLine(text);
            },
            cancel
        );
        screen.Dispose();
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{record.Run.TrainingSeconds:F1} s of training; {record.Run.WallSeconds:F1} s with evaluations and "
                    + $"checkpoints; {folder} is the log"
            )
        );
        output.WriteLine(SpeedrunRecord.Heading);
        output.WriteLine(record.Line);
        if (record.WhyNot is not { } reason)
            return 0;
        parsed.InvocationConfiguration.Error.WriteLine($"No record: {reason}.");
        return 1;
    }
}
