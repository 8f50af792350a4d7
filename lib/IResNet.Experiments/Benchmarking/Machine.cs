using System.Runtime.InteropServices;
using TorchSharp;

namespace IResNet.Experiments.Benchmarking;

/// <summary>The machine in words, to stand beside figures.</summary>
public static class Machine
{
    /// <summary>Processor, logical cores, system, runtime and TorchSharp.</summary>
    public static string Describe() =>
        $"{Processor}, {Environment.ProcessorCount} logical cores, {RuntimeInformation.OSDescription}, "
        + $"{RuntimeInformation.FrameworkDescription}, "
        + $"TorchSharp {typeof(torch).Assembly.GetName().Version?.ToString(3)}, libtorch {torch.__version__}";

    /// <summary>The processor's name, or its architecture where the system does not say.</summary>
    public static string Processor
    {
        get
        {
            const string File = "/proc/cpuinfo",
                Field = "model name";
            string? line = System.IO.File.Exists(File)
                ? System.IO.File.ReadLines(File).FirstOrDefault(l => l.StartsWith(Field, StringComparison.Ordinal))
                : null;
            return line is null
                ? RuntimeInformation.ProcessArchitecture.ToString()
                : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        }
    }
}
