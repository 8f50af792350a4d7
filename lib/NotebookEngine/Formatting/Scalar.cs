using System.Collections;
using System.Globalization;
using System.Text;

namespace NotebookEngine.Formatting;

/// <summary>Values that one line of text says in full.</summary>
internal static class Scalar
{
    private const int ListLimit = 100;

    public static bool Is(object value) => value is string or bool or char or IFormattable or Type or StringBuilder or Exception;

    /// <summary>Whether it is a collection whose element type is scalar.</summary>
    public static bool IsList(object value) =>
        value is IEnumerable && ElementType(value.GetType()) is { } element
        && (element == typeof(string) || element == typeof(bool) || element == typeof(char) || element.IsAssignableTo(typeof(IFormattable)));

    public static string Text(object value) => value switch
    {
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    /// <summary>A sequence of scalars on one line; a long one is cut, a lazy one not run to its end.</summary>
    public static string ListText(IEnumerable list)
    {
        var shown = list.Cast<object?>().Take(ListLimit + 1).Select(item => item is null ? "null" : Text(item)).ToList();
        if (shown.Count > ListLimit) shown[ListLimit] = list is ICollection all ? $"… {all.Count - ListLimit} more" : "… more";
        return $"[{string.Join(", ", shown)}]";
    }

    /// <summary>The T of a sequence of T; null for what is no generic sequence.</summary>
    public static Type? ElementType(Type type) =>
        type.GetInterfaces().Append(type)
            .FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>))?.GetGenericArguments()[0];
}
