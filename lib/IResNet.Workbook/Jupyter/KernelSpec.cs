using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IResNet.Workbook.Jupyter;

/// <summary>Where Jupyter looks for kernels, and what it wants to read there. Python is not needed.</summary>
internal static class KernelSpec
{
    /// <summary>The name that .NET Interactive's notebooks ask for, and ours as well.</summary>
    public const string DotnetName = ".net-csharp";

    private const string OurMark = "iresnet";

    /// <summary>
    /// The folder of the user's kernels; with a prefix that of an environment, as of a virtual Python.
    /// </summary>
    public static string KernelsFolder(string? prefix) =>
        Path.Combine(prefix is null ? UserData() : Path.Combine(prefix, "share", "jupyter"), "kernels");

    /// <summary>Whether another program's kernel has the name.</summary>
    public static bool IsTaken(string folder, string name)
    {
        string file = Path.Combine(folder, name, "kernel.json");
        try
        {
            return File.Exists(file)
                && JsonNode.Parse(File.ReadAllText(file))?["metadata"]?["program"]?.ToString() != OurMark;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return true;
        }
    }

    /// <summary>Writes a kernel's folder, in place of what it held.</summary>
    /// <returns>The file written.</returns>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public static string Write(string folder, string name, string displayName)
    {
        var specification = new JsonObject
        {
            ["argv"] = new JsonArray(
                DotnetPath(),
                typeof(KernelSpec).Assembly.Location,
                "kernel",
                "jupyter",
                "{connection_file}"
            ),
            ["display_name"] = displayName,
            ["language"] = "C#",
            ["interrupt_mode"] = "message",
            ["metadata"] = new JsonObject { ["debugger"] = false, ["program"] = OurMark },
        };
        string target = Path.Combine(folder, name, "kernel.json");
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        string temporary = $"{target}.{Environment.ProcessId}";
        File.WriteAllText(
            temporary,
            specification.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n"
        );
        File.Move(temporary, target, overwrite: true);
        return target;
    }

    /// <summary>
    /// The program beside the running runtime: an editor started from a menu may not have it in its PATH.
    /// </summary>
    private static string DotnetPath()
    {
        string path = Path.GetFullPath(
            Path.Combine(
                RuntimeEnvironment.GetRuntimeDirectory(),
                "..",
                "..",
                "..",
                OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"
            )
        );
        return File.Exists(path) ? path : "dotnet";
    }

    private static string UserData()
    {
        if (Environment.GetEnvironmentVariable("JUPYTER_DATA_DIR") is { Length: > 0 } data)
            return data;
        if (OperatingSystem.IsMacOS())
            return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), "Library", "Jupyter");
        // On Linux this is XDG_DATA_HOME, by default ~/.local/share.
        string folder = Environment.GetFolderPath(
            OperatingSystem.IsWindows()
                ? Environment.SpecialFolder.ApplicationData
                : Environment.SpecialFolder.LocalApplicationData,
            Environment.SpecialFolderOption.DoNotVerify
        );
        return Path.Combine(folder, "jupyter");
    }
}
