using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace IResNet.Notebooks;

/// <summary>
/// The running cell, whatever program runs it: .NET Interactive, or the kernel and the runner of the workbook. The same
/// notebook runs in all of them.
/// </summary>
public static class Cell
{
    private const string Bridge = "IResNet.Notebooks.Interactive";

    /// <summary>Cancelled when the running cell is stopped: pass it to everything that takes long.</summary>
    public static CancellationToken CancellationToken => Host.CancellationToken;

    /// <summary>The program whose cells run in this process.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    internal static INotebookHost Host
    {
        get => field ?? throw new InvalidOperationException("No program for notebooks runs here: there is no cell.");
        set;
    }

    /// <summary>
    /// The first line of a notebook: settings of the native libraries that must be made before torch is used, and
    /// warnings of the library are shown in the cells. Calling it again changes nothing.
    /// </summary>
    public static void Begin()
    {
        NativeRuntime.Configure();
        TraceWarnings.Show();
    }

    /// <inheritdoc cref="INotebookHost.Show"/>
    public static Action<object> Show(object value) => Host.Show(value);

    /// <inheritdoc cref="INotebookHost.Ask"/>
    public static Task<string?> Ask(string prompt = "") => Host.Ask(prompt);

    /// <inheritdoc cref="INotebookHost.Clear"/>
    public static void Clear() => Host.Clear();

    /// <summary>
    /// Runs before anything else of this assembly. In .NET Interactive the bridge beside it becomes the host; our own
    /// programs set theirs.
    /// </summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255:ModuleInitializer", Justification = "A notebook must not name its host.")]
    internal static void FindHost()
    {
        if (
            !AppDomain
                .CurrentDomain.GetAssemblies()
                .Any(assembly => assembly.GetName().Name == "Microsoft.DotNet.Interactive")
        )
            return;
        var own = typeof(Cell).Assembly;
        string path = Path.Combine(Path.GetDirectoryName(own.Location)!, $"{Bridge}.dll");
        // Into this assembly's own load context: elsewhere the bridge would meet a second copy of this assembly.
        var bridge = AssemblyLoadContext.GetLoadContext(own)!.LoadFromAssemblyPath(path);
        Host = (INotebookHost)
            Activator.CreateInstance(bridge.GetType($"{Bridge}.InteractiveHost", throwOnError: true)!)!;
    }
}
