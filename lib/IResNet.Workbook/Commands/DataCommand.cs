using System.CommandLine;

namespace IResNet.Workbook.Commands;

/// <summary><c>iresnet data</c>.</summary>
internal static class DataCommand
{
    public static Command Create() => new("data", "Fetch and check a data set.");
}
