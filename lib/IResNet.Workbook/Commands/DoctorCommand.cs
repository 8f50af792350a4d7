using System.CommandLine;

namespace IResNet.Workbook.Commands;

/// <summary><c>iresnet doctor</c>.</summary>
internal static class DoctorCommand
{
    public static Command Create() => new("doctor", "Check this machine and say what to do about each fault.");
}
