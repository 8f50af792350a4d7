using System.CommandLine;
using System.CommandLine.Invocation;
using IResNet.Experiments.Data;

namespace IResNet.Workbook.Commands;

/// <summary><c>iresnet data</c>.</summary>
internal static class DataCommand
{
    public static Command Create()
    {
        var command = DataCommandLine.Create();
        var action = (AsynchronousCommandLineAction)command.Action!;
        command.SetAction((parsed, _) => Failures.Report(parsed, cancel => action.InvokeAsync(parsed, cancel)));
        return command;
    }
}
