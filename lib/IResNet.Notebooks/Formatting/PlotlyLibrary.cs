using System.Runtime.Loader;

namespace IResNet.Notebooks;

/// <summary>plotly.js, from inside the package Plotly.NET: nothing comes from the network.</summary>
internal static class PlotlyLibrary
{
    /// <summary>Writes the script.</summary>
    public static void CopyTo(Stream target)
    {
        string folder = Path.GetDirectoryName(typeof(PlotlyLibrary).Assembly.Location)!;
        // Read, not used: the cells may bring a Plotly.NET of their own.
        var reading = new AssemblyLoadContext("plotly.js", isCollectible: true);
        try
        {
            var assembly = reading.LoadFromAssemblyPath(Path.Combine(folder, "Plotly.NET.dll"));
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
