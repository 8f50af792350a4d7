using System.CommandLine;

namespace IResNet.Workbook.Commands;

/// <summary><c>iresnet kernel</c>.</summary>
internal static class KernelCommand
{
    public static Command Create() => new("kernel", "Install or start the Jupyter kernel.");
}
