using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace NotebookEngine.Formatting;

/// <summary>Values that one line of text says in full.</summary>
internal static class Scalar
{
    private const int ListLimit = 100;

    public static bool Is(object value) =>
        value is string or bool or char or IFormattable or Type or StringBuilder or Exception or JsonNode;

    /// <summary>Whether it is a collection whose element type is scalar.</summary>
    public static bool IsList(object value) =>
        value is IEnumerable and not Array { Rank: > 1 }
        && ElementType(value.GetType()) is { } element
        && IsElement(element);

    public static string Text(object value) =>
        value switch
        {
            DateTime time => time.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture),
            DateTimeOffset time => time.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF zzz", CultureInfo.InvariantCulture),
            IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString() ?? "",
        };

    /// <summary>A sequence of scalars on one line; a long one is cut, a lazy one not run to its end.</summary>
    public static string ListText(IEnumerable list)
    {
        var shown = list.Cast<object?>()
            .Take(ListLimit + 1)
            .Select(item => item is null ? "null" : Text(item))
            .ToList();
        if (shown.Count > ListLimit)
            shown[ListLimit] = list is ICollection all ? $"… {all.Count - ListLimit} more" : "… more";
        return $"[{string.Join(", ", shown)}]";
    }

    /// <summary>Whether it is a matrix: an array of two dimensions, or a collection of lists, of scalars.</summary>
    public static bool IsMatrix(object value) =>
        value is Array { Rank: 2 } array
            ? IsElement(array.GetType().GetElementType()!)
            : value is not string
                && ElementType(value.GetType()) is { } row
                && row != typeof(string)
                && ElementType(row) is { } element
                && IsElement(element);

    /// <summary>A matrix, a row a line.</summary>
    public static string MatrixText(IEnumerable matrix)
    {
        var rows = matrix is Array { Rank: 2 } array ? Rows(array) : matrix.Cast<IEnumerable?>();
        var shown = rows.Take(ListLimit + 1).Select(row => row is null ? "null" : ListText(row)).ToList();
        if (shown.Count > ListLimit)
            shown[ListLimit] = "… more";
        return $"[{string.Join(",\n ", shown)}]";
    }

    /// <summary>The T of a sequence of T; null for what is no generic sequence.</summary>
    public static Type? ElementType(Type type) =>
        type.GetInterfaces()
            .Append(type)
            .FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>))
            ?.GetGenericArguments()[0];

    private static bool IsElement(Type type) =>
        type == typeof(string)
        || type == typeof(bool)
        || type == typeof(char)
        || type.IsAssignableTo(typeof(IFormattable));

    private static IEnumerable<IEnumerable> Rows(Array array) =>
        Enumerable
            .Range(0, array.GetLength(0))
            .Select(i => Enumerable.Range(0, array.GetLength(1)).Select(j => array.GetValue(i, j)).ToList());
}
