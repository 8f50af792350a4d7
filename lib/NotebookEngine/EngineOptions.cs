namespace NotebookEngine;

/// <summary>What the host adds to the cells of one <see cref="ScriptEngine"/>.</summary>
public sealed record EngineOptions
{
    /// <summary>The folder that relative paths in directives are relative to: the notebook's.</summary>
    public string BaseDirectory { get; init; } = Directory.GetCurrentDirectory();

    /// <summary>
    /// Simple names of the host's assemblies that every cell may use without <c>#r</c>, beside the shared framework.
    /// </summary>
    public IReadOnlyList<string> Assemblies { get; init; } = [];

    /// <summary>Namespaces, or static classes, that every cell imports beside the usual ones of .NET.</summary>
    public IReadOnlyList<string> Imports { get; init; } = [];

    /// <summary>
    /// Packages that the host stands in for under another name, as <c>TorchSharp-cpu</c> for a host that carries
    /// TorchSharp and libtorch: the name a notebook asks for, to the host's package that answers.
    /// </summary>
    public IReadOnlyDictionary<string, string> PackageAliases { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Called on the cell's thread once its code has ended, however it did, while what it shows still belongs to the
    /// cell. Must not throw.
    /// </summary>
    public Action CellEnding { get; init; } = () => { };
}
