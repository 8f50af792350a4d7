using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace IResNet.Notebooks;

/// <summary>plotly.js, from inside the package Plotly.NET: nothing comes from the network.</summary>
internal static class PlotlyLibrary
{
    private static string Beside =>
        Path.Combine(Path.GetDirectoryName(typeof(PlotlyLibrary).Assembly.Location)!, "Plotly.NET.dll");

    /// <summary>In a package cache each assembly has a folder of its own, which the host knows.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string OfPackage() => typeof(Plotly.NET.GenericChart).Assembly.Location;

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
}
