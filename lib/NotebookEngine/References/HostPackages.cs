using System.Text.Json.Nodes;

namespace NotebookEngine.References;

/// <summary>A package that the host carries.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Assemblies">The simple names of its assemblies and of those of what it depends on.</param>
internal sealed record HostPackage(string Version, IReadOnlyCollection<string> Assemblies);

/// <summary>The packages that the host carries, from the <c>.deps.json</c> it was started with.</summary>
internal static class HostPackages
{
    private static readonly Lazy<Dictionary<string, Entry>> Entries = new(Read);

    /// <summary>The package, or null where the host has none of this id.</summary>
    public static HostPackage? Find(string id)
    {
        if (!Entries.Value.TryGetValue(id, out var entry))
            return null;
        var assemblies = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var open = new Stack<string>([id]);
        while (open.TryPop(out string? next))
        {
            if (!seen.Add(next) || !Entries.Value.TryGetValue(next, out var found))
                continue;
            assemblies.UnionWith(found.Assemblies);
            foreach (string dependency in found.Dependencies)
                open.Push(dependency);
        }
        return new HostPackage(entry.Version, assemblies);
    }

    private static Dictionary<string, Entry> Read()
    {
        var entries = new Dictionary<string, Entry>(StringComparer.OrdinalIgnoreCase);
        string? files = AppContext.GetData("APP_CONTEXT_DEPS_FILES") as string;
        if (
            files?.Split(';', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault() is not { } file
            || !File.Exists(file)
        )
            return entries;
        var root = JsonNode.Parse(File.ReadAllText(file))!;
        // A build for one platform lists two targets, the first of them empty.
        var target = root["targets"]![(string)root["runtimeTarget"]!["name"]!]!.AsObject();
        foreach (var (name, library) in target)
            if (name.Split('/') is [var id, var version])
                entries[id] = new Entry(
                    version,
                    Keys(library, "runtime").Select(p => Path.GetFileNameWithoutExtension(p)).ToArray(),
                    Keys(library, "dependencies")
                );
        return entries;
    }

    private static string[] Keys(JsonNode? library, string property) =>
        library?[property]?.AsObject().Select(p => p.Key).ToArray() ?? [];

    private sealed record Entry(string Version, string[] Assemblies, string[] Dependencies);
}
