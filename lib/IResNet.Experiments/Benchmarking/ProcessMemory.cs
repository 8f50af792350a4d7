using System.Diagnostics;
using System.Globalization;

namespace IResNet.Experiments.Benchmarking;

/// <summary>Resident memory of this process, in MiB.</summary>
internal static class ProcessMemory
{
    private const double Mebi = 1024 * 1024;

    /// <summary>Now.</summary>
    public static double Resident => Status("VmRSS:") ?? Environment.WorkingSet / Mebi;

    /// <summary>The most so far.</summary>
    public static double Peak
    {
        get
        {
            using var process = Process.GetCurrentProcess();
            return Status("VmHWM:") ?? process.PeakWorkingSet64 / Mebi;
        }
    }

    // .NET's PeakWorkingSet64 is read from the same file, but rounded on some systems; Linux only.
    private static double? Status(string field)
    {
        const string File = "/proc/self/status";
        if (!System.IO.File.Exists(File))
            return null;
        string? line = System
            .IO.File.ReadLines(File)
            .FirstOrDefault(l => l.StartsWith(field, StringComparison.Ordinal));
        return line is null
            ? null
            : double.Parse(
                line[field.Length..].Replace("kB", "", StringComparison.Ordinal),
                CultureInfo.InvariantCulture
            ) / 1024;
    }
}
