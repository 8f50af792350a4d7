using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace NotebookEngine.References;

/// <summary>
/// Assemblies that cells bring into the process. All go into the default load context, so that a type exists once
/// whatever path it came by; what they depend on is found among the folders and files announced here.
/// </summary>
internal static class LoadedAssemblies
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, string> Candidates = new(StringComparer.OrdinalIgnoreCase);
    private static readonly List<string> NativeFolders = [];

    static LoadedAssemblies()
    {
        AssemblyLoadContext.Default.Resolving += (context, name) =>
            FindCandidate(name.Name!) is { } path ? context.LoadFromAssemblyPath(path) : null;
        AssemblyLoadContext.Default.ResolvingUnmanagedDll += (_, name) => LoadNative(name);
    }

    /// <summary>Says where an assembly can be found once it is needed; the first to say so wins.</summary>
    public static void Announce(string path)
    {
        lock (Gate)
            Candidates.TryAdd(Path.GetFileNameWithoutExtension(path), path);
    }

    public static void AnnounceNative(string folder)
    {
        lock (Gate)
            if (Directory.Exists(folder) && !NativeFolders.Contains(folder))
                NativeFolders.Add(folder);
    }

    /// <summary>Loads an assembly, unless one of its name is loaded already, which is then returned.</summary>
    public static Assembly Load(string path, string simpleName) =>
        AssemblyLoadContext.Default.Assemblies.FirstOrDefault(a => a.GetName().Name == simpleName)
        ?? AssemblyLoadContext.Default.LoadFromAssemblyPath(path);

    private static string? FindCandidate(string simpleName)
    {
        lock (Gate)
            return Candidates.GetValueOrDefault(simpleName);
    }

    private static nint LoadNative(string name)
    {
        string[] folders;
        lock (Gate)
            folders = [.. NativeFolders];
        foreach (string folder in folders)
            foreach (
                string? file in new[]
                {
                name,
                $"lib{name}.so",
                $"{name}.so",
                $"lib{name}.dylib",
                $"{name}.dylib",
                $"{name}.dll",
                }
            )
                if (NativeLibrary.TryLoad(Path.Combine(folder, file), out nint handle))
                    return handle;
        return 0;
    }
}
