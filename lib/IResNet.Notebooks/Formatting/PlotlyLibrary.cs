using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace IResNet.Notebooks;

/// <summary>plotly.js, from inside the package Plotly.NET: nothing comes from the network.</summary>
internal static class PlotlyLibrary
{
    private static readonly Lock Writing = new();

    // 3.6 MB: written for the first chart only.
    private static string? _file;

    private static string Beside =>
        Path.Combine(Path.GetDirectoryName(typeof(PlotlyLibrary).Assembly.Location)!, "Plotly.NET.dll");

    /// <summary>In a package cache each assembly has a folder of its own, which the host knows.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string OfPackage() => typeof(Plotly.NET.GenericChart).Assembly.Location;

    /// <summary>The script's file, which is there until the process ends.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static string TemporaryFile()
    {
        lock (Writing)
        {
            if (!File.Exists(_file))
                _file = Write();
            return _file;
        }
    }

    /// <summary>Writes the script.</summary>
    public static void CopyTo(Stream target)
    {
        // Read, not used: the cells may bring a Plotly.NET of their own.
        var reading = new AssemblyLoadContext("plotly.js", isCollectible: true);
        try
        {
            var assembly = reading.LoadFromAssemblyPath(File.Exists(Beside) ? Beside : OfPackage());
            string name = assembly
                .GetManifestResourceNames()
                .Single(name =>
                    name.Contains("plotly-", StringComparison.Ordinal) && name.EndsWith(".js", StringComparison.Ordinal)
                );
            using var code = assembly.GetManifestResourceStream(name)!;
            code.CopyTo(target);
        }
        finally
        {
            reading.Unload();
        }
    }

    private static string Write()
    {
        var folder = Directory.CreateTempSubdirectory("iresnet-plotly-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Delete(folder);
        string file = Path.Combine(folder.FullName, "plotly.js");
        using var content = File.Create(file);
        CopyTo(content);
        return file;
    }

    private static void Delete(DirectoryInfo folder)
    {
        try
        {
            folder.Delete(recursive: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Somebody else's by now, or gone.
        }
    }
}
