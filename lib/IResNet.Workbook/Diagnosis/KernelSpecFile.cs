using System.Text.Json;

namespace IResNet.Workbook.Diagnosis;

/// <summary>A kernelspec that starts this program.</summary>
/// <param name="Name">The name by which Jupyter knows the kernel.</param>
/// <param name="Folder">The folder of its kernel.json.</param>
/// <param name="Program">The program file that it starts.</param>
internal sealed record KernelSpecFile(string Name, string Folder, string Program)
{
    /// <summary>Those in the folders in which Jupyter looks. What is not a readable kernelspec is passed over.</summary>
    /// <param name="dataFolders">Jupyter's data folders, the first before the others.</param>
    /// <param name="program">The file name of the program.</param>
    public static IReadOnlyList<KernelSpecFile> Find(IEnumerable<string> dataFolders, string program)
    {
        var kernels = dataFolders.Select(folder => Path.Combine(folder, "kernels")).Where(Directory.Exists).SelectMany(Directory.GetDirectories);
        return [.. kernels.Select(folder => Read(folder, program)).OfType<KernelSpecFile>().DistinctBy(spec => spec.Name)];
    }

    /// <summary>Jupyter's data folders: those that JUPYTER_PATH names, the user's, the environment's, the system's.</summary>
    public static IEnumerable<string> DataFolders()
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string user = OperatingSystem.IsWindows() ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "jupyter")
            : OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Jupyter")
            : Path.Combine(Variable("XDG_DATA_HOME") ?? Path.Combine(home, ".local", "share"), "jupyter");
        string[] system = OperatingSystem.IsWindows()
            ? [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData), "jupyter")]
            : ["/usr/local/share/jupyter", "/usr/share/jupyter"];
        string?[] environments = [Variable("VIRTUAL_ENV"), Variable("CONDA_PREFIX")];
        return
        [
            .. (Variable("JUPYTER_PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
            Variable("JUPYTER_DATA_DIR") ?? user,
            .. environments.OfType<string>().Select(folder => Path.Combine(folder, "share", "jupyter")),
            .. system,
        ];
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static KernelSpecFile? Read(string folder, string program)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "kernel.json")));
            var started = json.RootElement.GetProperty("argv").EnumerateArray().Select(argument => argument.GetString())
                .FirstOrDefault(argument => argument is not null && Path.GetFileName(argument).Equals(program, StringComparison.OrdinalIgnoreCase));
            return started is null ? null : new KernelSpecFile(Path.GetFileName(folder), folder, started);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}
