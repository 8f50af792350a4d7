using System.Diagnostics;

namespace IResNet.Tests;

/// <summary>How tests start the built executable in a process of its own, all output redirected.</summary>
internal static class ProgramStart
{
    public static ProcessStartInfo Of(params string[] arguments)
    {
        string[] command = ["dotnet", Path.Combine(AppContext.BaseDirectory, "IResNet.Workbook.dll"), .. arguments];
        // A shell without job control starts background processes with SIGINT ignored, and they hand that down: a
        // Ctrl+C that a test sends would do nothing.
        if (OperatingSystem.IsLinux())
            command = ["env", "--default-signal=INT", .. command];
        return new(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
    }
}
