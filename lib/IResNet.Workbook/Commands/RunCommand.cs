using System.CommandLine;

namespace IResNet.Workbook.Commands;

/// <summary><c>iresnet run</c>.</summary>
internal static class RunCommand
{
    public static Command Create() => new("run", "Run notebooks headless.");
}
