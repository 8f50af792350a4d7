using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Text;
using TorchSharp;

namespace IResNet.Workbook.Diagnosis;

/// <summary>
/// Looks at the native half of TorchSharp from outside. TorchSharp itself must not be touched before it is known to
/// load: when it fails it copies half a gigabyte beside the program and prints a page.
/// </summary>
internal static class NativeTorch
{
    /// <summary>The symbol version of libstdc++ that TorchSharp asks for without need.</summary>
    public const string VersionNeed = "GLIBCXX_3.4.32";

    /// <summary>What the system's loader says against the native libraries; null where they load.</summary>
    public static string? LoadError() => LoadError("torch_cpu", "LibTorchSharp");

    /// <summary>
    /// Likewise for any libraries: where TorchSharp's own calls look for theirs, beside the assembly and then where the
    /// system's loader does, LD_LIBRARY_PATH included.
    /// </summary>
    internal static string? LoadError(params string[] libraries)
    {
        try
        {
            foreach (string library in libraries)
                NativeLibrary.Load(library, typeof(torch).Assembly, searchPath: null);
            return null;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            return Reason(e.Message);
        }
    }

    /// <summary>
    /// Whether the libstdc++ in this process defines the symbol version that TorchSharp asks for; null without one.
    /// </summary>
    public static bool? LibstdcppDefinesVersion()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        string? path = File.ReadLines("/proc/self/maps")
            .Select(line => line[(line.LastIndexOf(' ') + 1)..])
            .FirstOrDefault(file => Path.GetFileName(file).StartsWith("libstdc++.so", StringComparison.Ordinal));
        return path is null
            ? null
            : File.ReadAllBytes(path).AsSpan().IndexOf(Encoding.ASCII.GetBytes(VersionNeed + "\0")) >= 0;
    }

    /// <summary>The widest vector instructions that libtorch makes use of; null where there are none.</summary>
    public static string? VectorInstructions() =>
        Avx512F.IsSupported ? "AVX-512"
        : Avx2.IsSupported ? "AVX2"
        : AdvSimd.IsSupported ? "NEON"
        : null;

    /// <summary>
    /// The line of a loader's message that says why: .NET lists every place it tried, and most lines only say that
    /// there is no such file.
    /// </summary>
    internal static string Reason(string message)
    {
        string[] lines = message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return lines.Skip(1).FirstOrDefault(line => !line.Contains("No such file", StringComparison.Ordinal))
            ?? lines[0].Split(". ")[0];
    }
}
