using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace IResNet.Cpu;

/// <summary>
/// TorchSharp where nothing was built, as after <c>#r "nuget: …"</c> in a notebook: assemblies are loaded from the
/// package cache, which must stay as it came. What the build mends in the copies beside a program
/// (build/TorchNative.targets) is mended here in copies in the user's data folder, which are loaded instead.
/// </summary>
internal static class PackagedTorch
{
    private const string NewerStandardLibrary = "GLIBCXX_3.4.32";

    /// <summary>Runs before anything else of this assembly; does nothing in programs that were built.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255:ModuleInitializer", Justification = "It must come before torch is used.")]
    internal static void Load()
    {
        var own = typeof(PackagedTorch).Assembly;
        if (PackageFolder(own.Location) is not { } packages)
            return;
        string version = own.GetReferencedAssemblies().First(name => name.Name == "TorchSharp").Version!.ToString(3);
        if (Find(packages, "torchsharp", version) is not { } package)
            return;
        try
        {
            string folder = Directory
                .CreateDirectory(Path.Combine(UserData, "iresnet", $"torchsharp-{version}"))
                .FullName;
            LoadAssembly(own, Path.Combine(package, "lib", "net8.0", "TorchSharp.dll"), folder);
            if (
                OperatingSystem.IsLinux()
                && RuntimeInformation.ProcessArchitecture == Architecture.X64
                && Find(packages, "libtorch-cpu-linux-x64", LibTorchVersion(own)) is { } libtorch
            )
                LoadNative(package, libtorch, folder);
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            // TorchSharp is taken as it came; where it does not load, it says so at its first use.
        }
    }

    private static void LoadAssembly(Assembly own, string file, string folder)
    {
        string copy = Write(file, folder, assembly => Optimizations.Disable(assembly));
        // Where TorchSharp is loaded already, it stays as it is: an argument may be finalised during a native call.
        if (AppDomain.CurrentDomain.GetAssemblies().All(assembly => assembly.GetName().Name != "TorchSharp"))
            AssemblyLoadContext.GetLoadContext(own)!.LoadFromAssemblyPath(copy);
    }

    private static void LoadNative(string package, string libtorch, string folder)
    {
        string copy = Write(Native(package, "libLibTorchSharp.so"), folder, library =>
            VersionNeed.Weaken(library, NewerStandardLibrary)
        );
        // The loader takes for what a library needs what is loaded already, and for its name what is loaded by it.
        foreach (string library in new[] { "libc10.so", "libtorch_cpu.so", "libtorch.so" })
            NativeLibrary.TryLoad(Native(libtorch, library), out _);
        NativeLibrary.TryLoad(copy, out _);
    }

    private static string Native(string package, string library) =>
        Path.Combine(package, "runtimes", "linux-x64", "native", library);

    private static string UserData =>
        Environment.GetFolderPath(
            Environment.SpecialFolder.LocalApplicationData,
            Environment.SpecialFolderOption.Create
        );

    private static string LibTorchVersion(Assembly own) =>
        own.GetCustomAttributes<AssemblyMetadataAttribute>().First(data => data.Key == "LibTorchVersion").Value!;

    /// <summary>The folder of all packages, where an assembly lies in one; else null.</summary>
    /// <param name="assembly">The path of an assembly.</param>
    internal static string? PackageFolder(string assembly)
    {
        // FOLDER/iresnet.cpu/0.1.0/lib/net10.0/IResNet.Cpu.dll
        var lib = new FileInfo(assembly).Directory?.Parent;
        var package = lib?.Parent?.Parent;
        return
            lib?.Name == "lib"
            && string.Equals(
                package?.Name,
                Path.GetFileNameWithoutExtension(assembly),
                StringComparison.OrdinalIgnoreCase
            )
            ? package!.Parent?.FullName
            : null;
    }

    /// <summary>A package beside this one or in another of NuGet's folders.</summary>
    private static string? Find(string packages, string id, string version)
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string[] folders =
        [
            packages,
            .. (Environment.GetEnvironmentVariable("NUGET_FALLBACK_PACKAGES") ?? "").Split([';', Path.PathSeparator]),
            Path.Combine(home, ".nuget", "packages"),
        ];
        return folders.Select(folder => Path.Combine(folder, id, version)).FirstOrDefault(Directory.Exists);
    }

    /// <summary>A mended copy of a file; one that is there already is taken.</summary>
    private static string Write(string source, string folder, Action<byte[]> mend)
    {
        string copy = Path.Combine(folder, Path.GetFileName(source));
        if (File.Exists(copy))
            return copy;
        byte[] content = File.ReadAllBytes(source);
        mend(content);
        string temporary = $"{copy}.{Environment.ProcessId}.tmp";
        File.WriteAllBytes(temporary, content);
        File.Move(temporary, copy, overwrite: true);
        return copy;
    }
}
