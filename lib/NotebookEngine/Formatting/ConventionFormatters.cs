using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;

namespace NotebookEngine.Formatting;

/// <summary>
/// Formatters by the convention of Microsoft.DotNet.Interactive.Formatting: an attribute named
/// <c>TypeFormatterSourceAttribute</c> names a class whose <c>CreateTypeFormatters()</c> returns objects with a
/// <c>MimeType</c> and a <c>Format(object, TextWriter)</c>. The package itself asks them only after what is registered
/// for all objects.
/// </summary>
internal static class ConventionFormatters
{
    private const string AttributeName = "TypeFormatterSourceAttribute";

    private static readonly ConcurrentDictionary<Type, object[]> Known = new();

    /// <summary>Whether a type names such formatters.</summary>
    public static bool Has(Type type) => Source(type) is not null;

    /// <summary>The value as one of them formats it; null where none does.</summary>
    public static string? Format(object value, string mimeType)
    {
        foreach (object formatter in Known.GetOrAdd(value.GetType(), Create))
        {
            using var writer = new StringWriter();
            if (
                formatter.GetType().GetProperty("MimeType")?.GetValue(formatter) as string == mimeType
                && Call(formatter, "Format", value, writer) is true
            )
                return writer.ToString();
        }
        return null;
    }

    private static object[] Create(Type type) =>
        Source(type) is { } source && Activator.CreateInstance(source) is { } factory
            ? [.. (Call(factory, "CreateTypeFormatters") as IEnumerable ?? Array.Empty<object>()).OfType<object>()]
            : [];

    private static Type? Source(Type type)
    {
        object? attribute = type.GetCustomAttributes(inherit: true)
            .FirstOrDefault(a => a.GetType().Name == AttributeName);
        return attribute?.GetType().GetProperty("FormatterSourceType")?.GetValue(attribute) as Type;
    }

    private static object? Call(object target, string method, params object[] arguments)
    {
        const BindingFlags flags =
            BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DoNotWrapExceptions;
        var types = arguments.Length == 0 ? Type.EmptyTypes : [typeof(object), typeof(TextWriter)];
        return target.GetType().GetMethod(method, flags, types)?.Invoke(target, flags, null, arguments, null);
    }
}
