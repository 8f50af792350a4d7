using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace NotebookEngine.Formatting;

/// <summary>Values that one line of text says in full.</summary>
internal static class Scalar
{
    private const int ListLimit = 100;
    private const int JsonDepth = 500;

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static bool Is(object value) =>
        value
            is string
                or bool
                or char
                or IFormattable
                or StringBuilder
                or Exception
                or JsonNode
                or JsonElement
                or JsonDocument
                or Uri
                or Delegate
                or MemberInfo
                or Assembly
                or FileSystemInfo
                or CultureInfo
                or Index
                or Range
        || IsJsonToken(value.GetType());

    /// <summary>Whether it is a collection whose element type is scalar.</summary>
    public static bool IsList(object value) =>
        value is IEnumerable and not Array { Rank: > 1 }
        && ElementType(value.GetType()) is { } element
        && IsElement(element);

    /// <summary>The whole text, by the invariant culture; times year first.</summary>
    public static string Text(object value) =>
        value switch
        {
            DateTime time => time.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture),
            DateTimeOffset time => time.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF zzz", CultureInfo.InvariantCulture),
            DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            TimeOnly time => time.ToString("HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture),
            IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
            Exception exception => ExceptionText.Full(exception),
            JsonElement element => JsonText(element),
            JsonDocument document => JsonText(document.RootElement),
            IEnumerable token and not string when IsJsonToken(value.GetType()) && IsDeep(token) =>
                $"{value.GetType().Name} nested more than {JsonDepth} deep",
            _ => value.ToString() ?? "",
        };

    private static string JsonText(JsonElement element) =>
        element.ValueKind == JsonValueKind.Undefined ? "undefined" : JsonSerializer.Serialize(element, Indented);

    /// <summary>Newtonsoft's JSON: a value of it is a sequence of its own kind, and tells its JSON by itself.</summary>
    private static bool IsJsonToken(Type? type)
    {
        for (; type is not null; type = type.BaseType)
            if (type.FullName == "Newtonsoft.Json.Linq.JToken")
                return true;
        return false;
    }

    /// <summary>Whether it is nested deeper than its own writer, which calls itself, should go.</summary>
    private static bool IsDeep(IEnumerable token)
    {
        var open = new Stack<(IEnumerable Token, int Depth)>([(token, 0)]);
        while (open.TryPop(out var next))
        {
            if (next.Depth > JsonDepth)
                return true;
            foreach (var child in next.Token.OfType<IEnumerable>())
                open.Push((child, next.Depth + 1));
        }
        return false;
    }

    /// <summary>A sequence of scalars on one line; a long one is cut, a lazy one not run to its end.</summary>
    public static string ListText(IEnumerable list)
    {
        var shown = list.Cast<object?>()
            .Take(ListLimit + 1)
            .Select(item => item is null ? "null" : Excerpt.Of(Text(item), ObjectTree.TextLimit))
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

    /// <summary>A matrix, a row per line.</summary>
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
