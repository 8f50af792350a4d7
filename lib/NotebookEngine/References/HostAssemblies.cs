using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;

namespace NotebookEngine.References;

/// <summary>
/// The assemblies that the host process was started with. Metadata is opened lazily by the compiler, and shared by all engines.
/// </summary>
internal static class HostAssemblies
{
    private static readonly Dictionary<string, string> Paths = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .DistinctBy(p => Path.GetFileNameWithoutExtension(p), StringComparer.OrdinalIgnoreCase)   // the runtime takes the first as well
        .ToDictionary(p => Path.GetFileNameWithoutExtension(p), StringComparer.OrdinalIgnoreCase);

    private static readonly ConcurrentDictionary<string, MetadataReference> References = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The simple names of the shared framework's assemblies.</summary>
    public static IEnumerable<string> Framework { get; } = FrameworkNames();

    /// <summary>Where the host has an assembly of this simple name; null where it has none.</summary>
    public static string? Find(string simpleName) => Paths.GetValueOrDefault(simpleName);

    public static MetadataReference Reference(string path) =>
        References.GetOrAdd(path, p => MetadataReference.CreateFromFile(p, documentation: new XmlFileDocumentation(p)));

    private static string[] FrameworkNames()
    {
        var folder = Path.GetDirectoryName(typeof(object).Assembly.Location);
        return Paths.Where(p => Path.GetDirectoryName(p.Value) == folder).Select(p => p.Key).ToArray();
    }
}
