using System.CommandLine;
using IResNet.Experiments.Data;

namespace IResNet.Workbook.Commands;

/// <summary><c>iresnet data</c>.</summary>
internal static class DataCommand
{
    public static Command Create() => DataCommandLine.Create();
}
