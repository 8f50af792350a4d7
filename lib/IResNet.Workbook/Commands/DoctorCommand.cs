using System.CommandLine;
using IResNet.Workbook.Diagnosis;
using Spectre.Console;

namespace IResNet.Workbook.Commands;

/// <summary>
/// <c>iresnet doctor</c>: one line a check; exit code 1 where something does not work, 0 with warnings or none.
/// </summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var command = new Command("doctor", "Check this machine and say what to do about each fault.");
        command.SetAction(_ => Report.Write([.. Doctor.Examine()], AnsiConsole.Console));
        return command;
    }
}
