using System.CommandLine;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Data;

namespace IResNet.Workbook.Commands;

/// <summary><c>iresnet</c> with all its commands.</summary>
internal static class IResNetCommand
{
    public static RootCommand Create() =>
        new RootCommand("Invertible residual networks: notebooks, training, data and diagnosis.")
        {
            NewCommand.Create(),
            RunCommand.Create(),
            PagesCommand.Create(),
            KernelCommand.Create(),
            TrainCommand.Create(),
            RunsCommand.Create(),
            SampleCommand.Create(),
            JudgeCommand.Create(),
            EvaluateCommand.Create(),
            FitCommand.Create(),
            CertifyCommand.Create(),
            ExportCommand.Create(),
            ImportCommand.Create(),
            SpeedrunCommand.Create(),
            SweepCommand.Create(),
            CollectCommand.Create(),
            DataCommand.Create(),
            BenchCommand.Create(),
            DoctorCommand.Create(),
        }.WithCheckedValues();

    /// <summary>Says what is wrong with a command line, in one line, and where to read more.</summary>
    /// <returns>The exit code.</returns>
    public static int Refuse(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        string? unknown = parsed.Tokens.FirstOrDefault(CommandValues.IsOption)?.Value
            ?? parsed.UnmatchedTokens.FirstOrDefault();
        string message = unknown is null
            ? parsed.Errors[0].Message
            : $"Unrecognized command or argument '{unknown}'."
                + (Names.Nearest(unknown, Known(command)) is { } near ? $" Did you mean {near}?" : "");
        var error = parsed.InvocationConfiguration.Error;
        error.WriteLine(message);
        string path = string.Concat(
            command.Parents.OfType<Command>().Append(command).Where(c => c is not RootCommand).Select(c => $" {c.Name}")
        );
        error.WriteLine($"iresnet{path} --help says what there is.");
        return 1;
    }

    private static IEnumerable<string> Known(Command command) =>
        command.Subcommands.Select(below => below.Name).Concat(command.Options.Select(option => option.Name));
}
