using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Scripting.Hosting;
using NotebookEngine.Source;

namespace NotebookEngine.References;

/// <summary>
/// What the cells of one engine are compiled against. One rule keeps identities apart: where the host has an assembly
/// of the same simple name, the host's loaded copy is meant, whatever path or package was asked for.
/// </summary>
internal sealed class ReferenceSet
{
    private readonly EngineOptions _options;
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string> _packages = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _sources = [];

    /// <exception cref="ArgumentException">The options name an assembly that the host does not have.</exception>
    public ReferenceSet(EngineOptions options)
    {
        _options = options;
        foreach (
            string? name in HostAssemblies
                .Framework.Concat(options.Assemblies)
                .Append(typeof(ReferenceSet).Assembly.GetName().Name!)
                .Append("Microsoft.DotNet.Interactive.Formatting")
                .Append("Microsoft.AspNetCore.Html.Abstractions")
        )
            AddHost(
                name,
                HostAssemblies.Find(name)
                    ?? throw new ArgumentException($"The host has no assembly {name}.", nameof(options))
            );
    }

    /// <summary>All references so far, in the order in which they came.</summary>
    public ImmutableArray<MetadataReference> All { get; private set; } = [];

    /// <summary>Knows the assemblies that did not come with the host.</summary>
    public InteractiveAssemblyLoader Loader { get; } = new();

    public void AddSource(string address) => _sources.Add(address);

    /// <summary>Follows <c>#r "path"</c>.</summary>
    /// <exception cref="DirectiveException">There is no such assembly.</exception>
    public void AddPath(string path, string baseDirectory, Action<string> warn)
    {
        string full = Path.GetFullPath(path, baseDirectory);
        if (!File.Exists(full))
        {
            string file = Path.GetFileName(path);
            string known = file.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) ? file[..^4] : file;
            AddHost(
                known,
                HostAssemblies.Find(known)
                    ?? throw new DirectiveException($"There is no file {full}. Build it, or correct the path.")
            );
            return;
        }
        string name = SimpleName(full);
        if (HostAssemblies.Find(name) is { } host)
        {
            if (ModuleVersion(full) != ModuleVersion(host))
                warn($"{full} differs from this process's own copy ({host}), which is used. Build again and restart.");
            AddHost(name, host);
            return;
        }
        foreach (string sibling in Directory.EnumerateFiles(Path.GetDirectoryName(full)!, "*.dll"))
            LoadedAssemblies.Announce(sibling);
        foreach (string native in NativeFolders(Path.GetDirectoryName(full)!))
            LoadedAssemblies.AnnounceNative(native);
        AddLoaded(full, name, warn);
    }

    /// <summary>Follows <c>#r "nuget: …"</c>.</summary>
    /// <exception cref="DirectiveException">The package cannot be restored.</exception>
    public void AddPackage(
        string id,
        string version,
        Action<string> warn,
        Action<string> inform,
        CancellationToken cancellationToken
    )
    {
        if (HostPackages.Find(_options.PackageAliases.GetValueOrDefault(id, id)) is { } own)
        {
            if (version != "*" && version != own.Version)
                warn($"{id} {own.Version} comes with this program and is used; {version} was asked for.");
            foreach (string name in own.Assemblies)
                if (HostAssemblies.Find(name) is { } path)
                    AddHost(name, path);
            return;
        }
        if (_packages.GetValueOrDefault(id) == version)
            return;
        var wanted = new Dictionary<string, string>(_packages, StringComparer.OrdinalIgnoreCase) { [id] = version };
        var restored = PackageRestore.Restore(wanted, _sources, cancellationToken);
        foreach (string folder in restored.NativeFolders)
            LoadedAssemblies.AnnounceNative(folder);
        foreach (string file in restored.Runtime)
            LoadedAssemblies.Announce(file);
        foreach (var (package, resolved) in restored.Packages)
            if (HostPackages.Find(package) is { } host && host.Version != resolved)
                warn($"{id} asks for {package} {resolved}; this program's {host.Version} is used.");
        foreach (string file in restored.Compile)
        {
            string name = SimpleName(file);
            if (HostAssemblies.Find(name) is { } host)
                AddHost(name, host);
            else if (restored.Runtime.FirstOrDefault(r => Path.GetFileName(r) == Path.GetFileName(file)) is { } runtime)
                AddLoaded(runtime, name, warn);
        }
        _packages[id] = version;
        inform($"Installed {id} {restored.Packages.GetValueOrDefault(id, version)}");
    }

    private void AddHost(string name, string path)
    {
        if (_names.Add(name))
            All = All.Add(Reference(path));
    }

    private void AddLoaded(string path, string name, Action<string> warn)
    {
        var assembly = LoadedAssemblies.Load(path, name);
        if (assembly.ManifestModule.ModuleVersionId != ModuleVersion(path))
            warn($"Another {name} is loaded already ({assembly.Location}) and is used. Restart to load {path}.");
        if (!_names.Add(name))
            return;
        Loader.RegisterDependency(assembly);
        All = All.Add(Reference(assembly.Location));
    }

    /// <summary>
    /// Metadata of this engine's own, opened lazily. The compiler keeps the symbols of an assembly with its metadata:
    /// shared by engines that compile at the same time, they would get mixed up, and a type would no longer be itself.
    /// </summary>
    private static PortableExecutableReference Reference(string path) =>
        MetadataReference.CreateFromFile(path, documentation: new XmlFileDocumentation(path));

    private static string[] NativeFolders(string folder) =>
        [
            folder,
            Path.Combine(
                folder,
                "runtimes",
                System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier,
                "native"
            ),
        ];

    private static string SimpleName(string path)
    {
        try
        {
            return AssemblyName.GetAssemblyName(path).Name!;
        }
        catch (BadImageFormatException)
        {
            throw new DirectiveException($"{path} is not a .NET assembly.");
        }
    }

    private static Guid ModuleVersion(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        var metadata = file.GetMetadataReader();
        return metadata.GetGuid(metadata.GetModuleDefinition().Mvid);
    }
}
