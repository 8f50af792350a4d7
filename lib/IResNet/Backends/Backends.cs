using System.Reflection;

namespace IResNet;

/// <summary>
/// Which backend is asked. The innermost <see cref="Use"/> around a call decides; outside any, the environment variable
/// IRESNET_BACKEND (<c>reference</c>, or the name of the one that is installed, <c>cpu</c>); without that, the
/// installed one, where there is one. A backend is installed by its assembly lying beside this one: a project that
/// references <c>IResNet.Cpu</c> needs not a line more. <see cref="Flow.Explain"/> says who serves what, and why.
/// </summary>
public static class Backends
{
    /// <summary>The environment variable that chooses for a process.</summary>
    public const string Variable = "IRESNET_BACKEND";

    /// <summary>The assembly that is looked for. It knows this library; this library knows its name.</summary>
    private const string Assembly = "IResNet.Cpu";

    private static readonly AsyncLocal<Choice?> Scoped = new();
    private static readonly Lazy<Backend?> Found = new(Find);
    private static readonly Lazy<Choice> OfProcess = new(() => Choose(Environment.GetEnvironmentVariable(Variable)));

    /// <summary>Torch's operations: serves everything.</summary>
    public static Backend Reference { get; } = new ReferenceBackend();

    /// <summary>The faster one that is installed; null where none is.</summary>
    public static Backend? Installed => Found.Value;

    /// <summary>The one that is asked here and now.</summary>
    /// <exception cref="UnknownBackendException">The environment variable names none.</exception>
    public static Backend Current => Now.Backend;

    /// <summary>Why it is <see cref="Current"/>, for people.</summary>
    public static string Reason => Now.Reason;

    /// <summary>
    /// Makes a backend the current one until the result is disposed: in this method and whatever it calls or awaits,
    /// tasks and threads that it starts included, and nowhere else.
    /// </summary>
    public static IDisposable Use(Backend backend)
    {
        ArgumentNullException.ThrowIfNull(backend);
        var before = Scoped.Value;
        Scoped.Value = new(backend, $"Backends.Use({backend.Name})");
        return new Restore(before);
    }

    /// <summary>The current backend's result, or the reference's where it refuses.</summary>
    internal static T Serve<T>(Func<Backend, Answer<T>> ask)
    {
        var answer = ask(Current);
        return (answer.IsServed ? answer : ask(Reference)).Compute();
    }

    /// <summary>The choice that a value of the environment variable makes.</summary>
    internal static Choice Choose(string? name) =>
        name switch
        {
            null or "" => Installed is { } installed
                ? new(installed, $"{Assembly} is installed")
                : new(Reference, $"{Assembly} is not installed"),
            _ when name == Reference.Name => new(Reference, $"{Variable}={name}"),
            _ when name == Installed?.Name => new(Installed, $"{Variable}={name}"),
            _ => throw new UnknownBackendException(
                name,
                [Reference.Name, .. Installed is { } one ? [one.Name] : Array.Empty<string>()]
            ),
        };

    private static Choice Now => Scoped.Value ?? OfProcess.Value;

    private static Backend? Find()
    {
        // The kernels are of the library's own version. .NET Interactive finds only by the whole name what it has
        // loaded.
        var name = typeof(Backends).Assembly.GetName();
        name.Name = Assembly;
        Assembly assembly;
        try
        {
            assembly = System.Reflection.Assembly.Load(name);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        var provided = assembly.GetCustomAttribute<ProvidesBackendAttribute>();
        return provided is null ? null : (Backend)Activator.CreateInstance(provided.Type)!;
    }

    /// <summary>A backend, and why it is that one.</summary>
    internal sealed record Choice(Backend Backend, string Reason);

    private sealed class Restore(Choice? before) : IDisposable
    {
        public void Dispose() => Scoped.Value = before;
    }
}

/// <summary>The environment variable of <see cref="Backends"/> names no backend that there is.</summary>
/// <param name="name">What it says.</param>
/// <param name="known">The names that there are.</param>
public sealed class UnknownBackendException(string name, IReadOnlyList<string> known)
    : ArgumentException(
        $"{Backends.Variable}={name} names no backend. There are: {string.Join(", ", known)}. "
            + "Set it to one of these, or unset it."
    )
{
    /// <summary>The names that there are.</summary>
    public IReadOnlyList<string> Known { get; } = known;
}
