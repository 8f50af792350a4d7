namespace NotebookEngine.References;

/// <summary>
/// The assemblies that the host process was started with.
/// </summary>
internal static class HostAssemblies
{
    private static readonly Dictionary<string, string> Paths = (
        (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!
    )
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        // The runtime takes the first as well.
        .DistinctBy(p => Path.GetFileNameWithoutExtension(p), StringComparer.OrdinalIgnoreCase)
        .ToDictionary(p => Path.GetFileNameWithoutExtension(p), StringComparer.OrdinalIgnoreCase);

    /// <summary>The simple names of the shared framework's assemblies.</summary>
    public static IEnumerable<string> Framework { get; } = FrameworkNames();

    /// <summary>Where the host has an assembly of this simple name; null where it has none.</summary>
    public static string? Find(string simpleName) => Paths.GetValueOrDefault(simpleName);

    private static string[] FrameworkNames()
    {
        string? folder = Path.GetDirectoryName(typeof(object).Assembly.Location);
        return Paths.Where(p => Path.GetDirectoryName(p.Value) == folder).Select(p => p.Key).ToArray();
    }
}
