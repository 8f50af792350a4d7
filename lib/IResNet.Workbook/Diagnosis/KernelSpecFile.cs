using System.Text.Json;
using IResNet.Workbook.Jupyter;

namespace IResNet.Workbook.Diagnosis;

/// <summary>A kernelspec that starts this program.</summary>
/// <param name="Name">The name by which Jupyter knows the kernel.</param>
/// <param name="Folder">The folder of its kernel.json.</param>
/// <param name="Program">The program file that it starts.</param>
internal sealed record KernelSpecFile(string Name, string Folder, string Program)
{
    /// <summary>
    /// Those that Jupyter finds; where two have one name, it takes the first. What is not a readable kernelspec is
    /// passed over.
    /// </summary>
    /// <param name="kernelsFolders">The folders of kernels, in Jupyter's order.</param>
    /// <param name="program">The file name of the program.</param>
    public static IReadOnlyList<KernelSpecFile> Find(IEnumerable<string> kernelsFolders, string program)
    {
        var kernels = kernelsFolders
            .Where(Directory.Exists)
            .SelectMany(Directory.GetDirectories)
            .DistinctBy(Path.GetFileName);
        return [.. kernels.Select(folder => Read(folder, program)).OfType<KernelSpecFile>()];
    }

    /// <summary>
    /// Jupyter's folders of kernels: those of JUPYTER_PATH, the user's, the environment's, the system's.
    /// </summary>
    public static IEnumerable<string> KernelsFolders()
    {
        string[] paths = (Environment.GetEnvironmentVariable("JUPYTER_PATH") ?? "").Split(
            Path.PathSeparator,
            StringSplitOptions.RemoveEmptyEntries
        );
        var prefixes = new[] { "VIRTUAL_ENV", "CONDA_PREFIX" }
            .Select(Environment.GetEnvironmentVariable)
            .Where(prefix => !string.IsNullOrEmpty(prefix));
        return
        [
            .. paths.Select(path => Path.Combine(path, "kernels")),
            KernelSpec.KernelsFolder(prefix: null),
            .. prefixes.Concat(SystemPrefixes()).Select(KernelSpec.KernelsFolder),
        ];
    }

    private static string[] SystemPrefixes() => OperatingSystem.IsWindows() ? [] : ["/usr/local", "/usr"];

    private static KernelSpecFile? Read(string folder, string program)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "kernel.json")));
            string? started = json
                .RootElement.GetProperty("argv")
                .EnumerateArray()
                .Select(argument => argument.GetString())
                .FirstOrDefault(argument =>
                    argument is not null
                    && Path.GetFileName(argument).Equals(program, StringComparison.OrdinalIgnoreCase)
                );
            return started is null ? null : new KernelSpecFile(Path.GetFileName(folder), folder, started);
        }
        catch (Exception e)
            when (e
                    is IOException
                        or UnauthorizedAccessException
                        or JsonException
                        or KeyNotFoundException
                        or InvalidOperationException
            )
        {
            return null;
        }
    }
}
